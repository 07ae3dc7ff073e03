//! Dividing objects into training, validation and test: by object, never by view; stratified by class; fixed by a seed.

use super::random::Stream;

/// Shares of training, validation and test objects, in percent (together 100).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SplitShares {
    /// Percent of each class to train on.
    pub train: u8,
    /// Percent of each class to validate on.
    pub validation: u8,
    /// Percent of each class to test on.
    pub test: u8,
}

impl Default for SplitShares {
    /// 60/10/30: of 200 objects a class, 120 train, 20 validate and 60 test.
    fn default() -> Self {
        Self { train: 60, validation: 10, test: 30 }
    }
}

/// Object indices of each part; together all objects, each once; each list ascends.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Splits {
    /// Objects to train on.
    pub train: Vec<u32>,
    /// Objects to rank designs by while searching.
    pub validation: Vec<u32>,
    /// Objects to report accuracies of.
    pub test: Vec<u32>,
}

impl Splits {
    /// Splits each class on its own. Counts are rounded to the nearest object; each class keeps at
    /// least one object to train on and, if it has two or more, at least one to test on when any test share is asked
    /// for.
    pub fn stratified(labels: &[u16], shares: SplitShares, seed: u64) -> Self {
        let everything: Vec<u32> = (0..labels.len() as u32).collect();
        Self::of_objects(&everything, labels, shares, seed)
    }

    /// Keeps `test` as given (as data sets with a fixed test part want it) and takes validation objects from `train`:
    /// the share of validation among training and validation is that of `shares`.
    pub fn with_given_test(train: &[u32], test: Vec<u32>, labels: &[u16], shares: SplitShares, seed: u64) -> Self {
        let seen = u32::from(shares.train) + u32::from(shares.validation);
        let validation = (u32::from(shares.validation) * 100).div_ceil(seen.max(1)).min(99) as u8;
        let inner = SplitShares { train: 100 - validation, validation, test: 0 };
        Self { test, ..Self::of_objects(train, labels, inner, seed) }
    }

    /// Splits the given objects, class by class.
    fn of_objects(objects: &[u32], labels: &[u16], shares: SplitShares, seed: u64) -> Self {
        let classes = labels.iter().map(|&label| usize::from(label) + 1).max().unwrap_or(0);
        let mut members = vec![Vec::new(); classes];
        for &object in objects {
            members[usize::from(labels[object as usize])].push(object);
        }
        let mut splits = Self::default();
        for (class, mut members) in members.into_iter().enumerate() {
            Stream::new(seed, class as u64).shuffle(&mut members);
            let (train, validation) = counts(members.len(), shares);
            splits.train.extend(&members[..train]);
            splits.validation.extend(&members[train..train + validation]);
            splits.test.extend(&members[train + validation..]);
        }
        splits.train.sort_unstable();
        splits.validation.sort_unstable();
        splits.test.sort_unstable();
        splits
    }
}

/// Numbers of training and validation objects of a class of `members`; the rest is tested on.
fn counts(members: usize, shares: SplitShares) -> (usize, usize) {
    let part = |percent: u8| (members * usize::from(percent) + 50) / 100;
    let wanted = if members >= 2 && shares.test > 0 { part(shares.test).max(1) } else { part(shares.test) };
    let test = wanted.min(members.saturating_sub(1));
    let validation = part(shares.validation).min((members - test).saturating_sub(1));
    (members - test - validation, validation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn per_class(objects: &[u32], labels: &[u16], class: u16) -> usize {
        objects.iter().filter(|&&o| labels[o as usize] == class).count()
    }

    #[test]
    fn default_shares_of_two_hundred_a_class() {
        let labels: Vec<u16> = (0..2000).map(|i| (i % 10) as u16).collect();
        let splits = Splits::stratified(&labels, SplitShares::default(), 5);
        for class in 0..10 {
            assert_eq!(per_class(&splits.train, &labels, class), 120);
            assert_eq!(per_class(&splits.validation, &labels, class), 20);
            assert_eq!(per_class(&splits.test, &labels, class), 60);
        }
        assert_ne!(splits, Splits::stratified(&labels, SplitShares::default(), 6));
    }

    #[test]
    fn a_given_test_part_is_kept() {
        let labels: Vec<u16> = (0..140).map(|i| (i % 2) as u16).collect();
        let train: Vec<u32> = (0..100).collect();
        let splits = Splits::with_given_test(&train, (100..140).collect(), &labels, SplitShares::default(), 1);
        assert_eq!(splits.test, (100..140).collect::<Vec<u32>>());
        assert_eq!((splits.train.len(), splits.validation.len()), (84, 16));
    }

    proptest! {
        #[test]
        fn every_object_is_in_exactly_one_part(
            labels in prop::collection::vec(0u16..6, 0..200), seed: u64, train in 0u8..=100, rest in 0u8..=100,
        ) {
            let validation = rest.min(100 - train);
            let shares = SplitShares { train, validation, test: 100 - train - validation };
            let splits = Splits::stratified(&labels, shares, seed);
            let mut all = [splits.train.clone(), splits.validation, splits.test].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..labels.len() as u32).collect::<Vec<_>>());
            for class in 0..6 {
                let members = labels.iter().filter(|&&l| l == class).count();
                prop_assert!(members == 0 || per_class(&splits.train, &labels, class) > 0);
            }
        }
    }
}
