//! From a list of labelled items to a data set: thinning out, reading in parallel, leaving out what cannot be read,
//! splitting.
//!
//! Invariants: which items are kept depends on the seed and the list only, so a set of fewer objects keeps the
//! proportions of classes and parts; items keep their order; nothing depends on threads.

use std::collections::BTreeMap;

use super::access::Progress;
use super::dataset::Dataset;
use super::error::{DataError, Skipped, advice};
use super::fingerprint::Fingerprint;
use super::pose::Rig;
use super::random::Stream;
use super::samples::Samples;
use super::shape::{SampleShape, Workspace};
use super::sink::Sink;
use super::spec::DataSpec;
use super::split::Splits;

/// A part of a data set, as its folders or files give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum SplitPart {
    /// To train on.
    Train,
    /// To validate on.
    Validation,
    /// To test on.
    Test,
}

/// One object to be: its class, the part it is given to, if any, its name for messages, and where its content is.
#[derive(Debug, Clone)]
pub(crate) struct Item<T> {
    /// Index of the class.
    pub label: u16,
    /// The part that the layout puts it in.
    pub part: Option<SplitPart>,
    /// Name for messages.
    pub name: String,
    /// Place of its content.
    pub content: T,
}

/// All that is known of a set before its content is read.
#[derive(Debug, Clone)]
pub(crate) struct DatasetPlan<T> {
    /// Class names; labels are indices into these.
    pub classes: Vec<String>,
    /// The objects.
    pub items: Vec<Item<T>>,
    /// Arrangement of an object's views.
    pub rig: Rig,
    /// Files already left out.
    pub skipped: Vec<Skipped>,
    /// Terms of use.
    pub licence: String,
    /// Changes whenever the files behind the items change.
    pub fingerprint: Fingerprint,
}

/// One item in this many may be unreadable before the whole set is refused.
const SKIPPED_SHARE: usize = 10;
/// So many unreadable items are always borne with.
const SKIPPED_ALWAYS: usize = 3;

impl<T: Sync> DatasetPlan<T> {
    /// Plan of a user's folder.
    pub(crate) fn of_listing(classes: Vec<String>, items: Vec<Item<T>>, rig: Rig, fingerprint: Fingerprint) -> Self {
        let licence = "as the owner of the files says".to_owned();
        Self { classes, items, rig, skipped: Vec::new(), licence, fingerprint }
    }

    /// Keeps only the classes that the specification names, in its order; all when it names none.
    ///
    /// # Errors
    /// [`DataError::UnknownClass`].
    pub(crate) fn keep_classes(&mut self, spec: &DataSpec) -> Result<(), DataError> {
        if spec.classes.is_empty() {
            return Ok(());
        }
        let mut new_label = vec![None; self.classes.len()];
        for (label, class) in spec.classes.iter().enumerate() {
            let at = self.classes.iter().position(|known| known == class);
            let at = at.ok_or_else(|| DataError::UnknownClass {
                class: class.clone(),
                advice: advice(class, self.classes.iter().map(String::as_str)),
            })?;
            new_label[at] = Some(label as u16);
        }
        self.items.retain(|item| new_label[usize::from(item.label)].is_some());
        for item in &mut self.items {
            item.label = new_label[usize::from(item.label)].unwrap_or_default();
        }
        self.classes.clone_from(&spec.classes);
        Ok(())
    }

    /// Keeps at most `cap` items of each class and at most `objects` in all, as the specification says: a seeded choice
    /// that keeps the proportions of parts (and, for `objects`, of classes).
    pub(crate) fn thin_out(&mut self, spec: &DataSpec) {
        let mut order = self.in_proportional_order(spec.seed);
        if let Some(cap) = spec.class_cap() {
            let mut taken = vec![0usize; self.classes.len()];
            order.retain(|&item| {
                let taken = &mut taken[usize::from(self.items[item].label)];
                *taken += 1;
                *taken <= cap
            });
        }
        order.truncate(spec.objects.unwrap_or(usize::MAX));
        let mut keep = vec![false; self.items.len()];
        for item in order {
            keep[item] = true;
        }
        let mut keep = keep.into_iter();
        self.items.retain(|_| keep.next().unwrap_or(false));
    }

    /// Items in an order of which every prefix holds each class and part in proportion.
    fn in_proportional_order(&self, seed: u64) -> Vec<usize> {
        let mut groups: BTreeMap<(u16, Option<SplitPart>), Vec<usize>> = BTreeMap::new();
        for (at, item) in self.items.iter().enumerate() {
            groups.entry((item.label, item.part)).or_default().push(at);
        }
        let mut ranked = Vec::with_capacity(self.items.len());
        for ((label, part), mut members) in groups {
            let key = u64::from(label) * 4 + part.map_or(0, |part| part as u64 + 1);
            Stream::new(seed, key).shuffle(&mut members);
            let count = members.len() as f64;
            ranked.extend(members.into_iter().enumerate().map(|(rank, item)| ((rank as f64 + 0.5) / count, item)));
        }
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        ranked.into_iter().map(|(_, item)| item).collect()
    }

    /// Reads all items into `sink` and splits them.
    ///
    /// # Errors
    /// When too many items cannot be read, a class is left empty, or the sink cannot be written.
    pub(crate) fn make(
        self,
        spec: &DataSpec,
        shape: SampleShape,
        mut sink: Sink,
        progress: Progress,
        read: impl Fn(&Item<T>, &mut Workspace, &mut [u8]) -> Result<(), DataError> + Sync,
    ) -> Result<Dataset, DataError> {
        let Self { classes, mut items, rig, mut skipped, licence, .. } = self;
        let failures = shape.fill(items.len(), &mut sink, progress, |object, workspace, sample| {
            read(&items[object], workspace, sample)
        })?;
        let allowed = SKIPPED_ALWAYS.max(items.len() / SKIPPED_SHARE);
        if failures.len() > allowed {
            let (count, total) = (failures.len(), items.len());
            let first = failures.into_iter().next().map_or_else(String::new, |(_, error)| error.to_string());
            return Err(DataError::TooManySkipped { count, total, first });
        }
        let mut at = 0..;
        items.retain(|_| at.next().is_some_and(|at| failures.binary_search_by_key(&at, |(at, _)| *at).is_err()));
        skipped.extend(failures.into_iter().map(|(_, error)| Skipped::from(&error)));
        let labels: Vec<u16> = items.iter().map(|item| item.label).collect();
        for (label, class) in classes.iter().enumerate() {
            if !labels.contains(&(label as u16)) {
                return Err(DataError::EmptyClass { class: class.clone() });
            }
        }
        let set = Dataset {
            name: spec.to_string(),
            classes,
            views: shape.views,
            channels: shape.channels,
            height: shape.size,
            width: shape.size,
            samples: Samples::default(),
            split: split(&items, &labels, spec),
            labels,
            rig,
            mirror: spec.may_mirror(),
            skipped,
            licence,
        };
        sink.finish(set)
    }
}

/// Splits as the layout says. Where it has a test part but no validation part, objects to validate on are taken from
/// the training part; where it has a validation part but no test part, that is the test part.
fn split<T>(items: &[Item<T>], labels: &[u16], spec: &DataSpec) -> Splits {
    let of = |part: SplitPart| -> Vec<u32> {
        (0u32..).zip(items).filter(|(_, item)| item.part == Some(part)).map(|(at, _)| at).collect()
    };
    let (train, validation, test) = (of(SplitPart::Train), of(SplitPart::Validation), of(SplitPart::Test));
    match (validation.is_empty(), test.is_empty()) {
        _ if train.is_empty() => Splits::stratified(labels, spec.split, spec.seed),
        (true, true) => Splits::stratified(labels, spec.split, spec.seed),
        (true, false) => Splits::with_given_test(&train, test, labels, spec.split, spec.seed),
        (false, true) => Splits::with_given_test(&train, validation, labels, spec.split, spec.seed),
        (false, false) => Splits { train, validation, test },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::access::unwatched;
    use crate::data::spec::DataSource;

    fn plan(parts: &[(u16, Option<SplitPart>, usize)]) -> DatasetPlan<usize> {
        let mut items = Vec::new();
        for &(label, part, count) in parts {
            for _ in 0..count {
                let content = items.len();
                items.push(Item { label, part, name: format!("item {content}"), content });
            }
        }
        let classes = vec!["a".to_owned(), "b".to_owned()];
        DatasetPlan {
            classes,
            items,
            rig: Rig::Loose,
            skipped: vec![],
            licence: String::new(),
            fingerprint: Fingerprint::default(),
        }
    }

    fn shape() -> SampleShape {
        SampleShape::checked(1, 8, 1).expect("valid")
    }

    #[test]
    fn thinning_keeps_proportions_and_order() {
        let mut plan = plan(&[
            (0, Some(SplitPart::Train), 60),
            (0, Some(SplitPart::Test), 20),
            (1, Some(SplitPart::Train), 30),
            (1, Some(SplitPart::Test), 10),
        ]);
        let spec = DataSpec { objects: Some(24), ..DataSpec::new(DataSource::Images) };
        plan.thin_out(&spec);
        let count = |label, part| plan.items.iter().filter(|i| i.label == label && i.part == Some(part)).count();
        assert_eq!(plan.items.len(), 24);
        assert!(count(0, SplitPart::Train).abs_diff(12) <= 1 && count(1, SplitPart::Test).abs_diff(2) <= 1);
        assert!(plan.items.is_sorted_by_key(|item| item.content));
        let spec = DataSpec { cap: Some(5), ..DataSpec::new(DataSource::Images) };
        plan.thin_out(&spec);
        assert_eq!(plan.items.len(), 10);
    }

    #[test]
    fn chosen_classes_are_kept_in_their_order() {
        let mut some = plan(&[(0, None, 3), (1, None, 2)]);
        let spec = DataSpec { classes: vec!["b".to_owned()], ..DataSpec::new(DataSource::Images) };
        some.keep_classes(&spec).expect("known");
        assert_eq!((some.classes, some.items.len(), some.items[0].label), (vec!["b".to_owned()], 2, 0));
        let spec = DataSpec { classes: vec!["chairs".to_owned()], ..DataSpec::new(DataSource::Images) };
        let mut other = plan(&[(0, None, 3)]);
        other.classes[0] = "chair".to_owned();
        let message = other.keep_classes(&spec).expect_err("unknown").to_string();
        assert_eq!(message, "there is no class `chairs` in this set: did you mean `chair`?");
    }

    #[test]
    fn unreadable_items_are_left_out_and_counted() {
        let spec = DataSpec::new(DataSource::Images);
        let fails = |at: usize| at % 20 == 3;
        let set = plan(&[(0, None, 40), (1, None, 20)])
            .make(&spec, shape(), Sink::Memory(vec![]), &unwatched, |item, _, sample| {
                sample.fill(item.content as u8);
                if fails(item.content) { Err(DataError::EmptyClass { class: item.name.clone() }) } else { Ok(()) }
            })
            .expect("few fail");
        assert_eq!((set.objects(), set.skipped.len()), (57, 3));
        let kept: Vec<u8> = (0..60).filter(|&at| !fails(at)).map(|at| at as u8).collect();
        assert_eq!((0..57).map(|at| set.view(at, 0).expect("in memory")[0]).collect::<Vec<_>>(), kept);
        assert_eq!(set.labels.iter().filter(|&&l| l == 1).count(), 19);
    }

    #[test]
    fn too_many_unreadable_items_or_an_emptied_class_are_errors() {
        let spec = DataSpec::new(DataSource::Images);
        let make = |plan: DatasetPlan<usize>, fails: fn(usize) -> bool| {
            let fail = |item: &Item<usize>| Err(DataError::EmptyClass { class: item.name.clone() });
            let read = |item: &Item<usize>, _: &mut Workspace, _: &mut [u8]| {
                if fails(item.content) { fail(item) } else { Ok(()) }
            };
            plan.make(&spec, shape(), Sink::Memory(vec![]), &unwatched, read).expect_err("refused").to_string()
        };
        assert!(make(plan(&[(0, None, 20), (1, None, 20)]), |at| at < 5).contains("5 of 40"));
        assert!(make(plan(&[(0, None, 20), (1, None, 2)]), |at| at >= 20).contains("`b`"));
    }

    #[test]
    fn given_parts_are_kept() {
        let spec = DataSpec::new(DataSource::Images);
        let set = plan(&[
            (0, Some(SplitPart::Train), 10),
            (1, Some(SplitPart::Train), 10),
            (0, Some(SplitPart::Validation), 4),
            (1, Some(SplitPart::Validation), 4),
        ])
        .make(&spec, shape(), Sink::Memory(vec![]), &unwatched, |_, _, _| Ok(()))
        .expect("valid");
        assert_eq!(set.split.test, (20..28).collect::<Vec<u32>>());
        assert_eq!(set.split.train.len() + set.split.validation.len(), 20);
    }
}
