//! Predicted accuracies for every number of views between those that were measured.
//!
//! A fit to the samples of one number of views errs less than one to all of them with the views as a feature (on 232
//! measurements of a default run, ten parts by design: 2.4, 3.1 and 3.7 points with 1, 2 and 6 views, against 5.8, 4.0
//! and 4.4): what costs accuracy differs with the views. Between two numbers of views with a fit, the logit is
//! interpolated over the logarithm of the views, with the wider of the two intervals. Beyond them nothing is predicted.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::accuracy_model::{AccuracyModel, AccuracySamples, PredictedAccuracy, Quality, around};
use super::predictor::PredictorError;
use crate::space::{Design, SearchSpace};

/// Models of the accuracies of a space's designs by number of views; at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct AccuracyByViews {
    models: BTreeMap<u32, AccuracyModel>,
}

impl AccuracyByViews {
    /// Fits to the samples of each number of views; `None` while there are too few with any number of views.
    ///
    /// # Errors
    /// A design that is not of the space, or an accuracy that is not finite.
    pub fn fit(space: &SearchSpace, samples: &BTreeMap<u32, AccuracySamples>) -> Result<Option<Self>, PredictorError> {
        let mut models = BTreeMap::new();
        for (&views, samples) in samples {
            if let Some(model) = AccuracyModel::fit(space, samples)? {
                models.insert(views, model);
            }
        }
        Ok((!models.is_empty()).then_some(Self { models }))
    }

    /// Numbers of views for which accuracies are predicted.
    pub fn views(&self) -> RangeInclusive<u32> {
        let ends = (self.models.first_key_value(), self.models.last_key_value());
        if let (Some((&fewest, _)), Some((&most, _))) = ends { fewest..=most } else { RangeInclusive::new(1, 0) }
    }

    /// Predicted accuracy of a canonical design; `None` for a number of views beyond those that were measured.
    pub fn predict(&self, space: &SearchSpace, design: &Design, views: u32) -> Option<PredictedAccuracy> {
        let [(fewer, below), (more, above)] = self.neighbours(views)?;
        let near = below.logit(space, design, fewer);
        let centre = if fewer == more {
            near
        } else {
            near + share_between(fewer, more, views) * (above.logit(space, design, more) - near)
        };
        Some(around(centre, below.half_width().max(above.half_width())))
    }

    /// Lower ends of a canonical design's intervals, for each of [`AccuracyByViews::views`].
    pub fn lower_ends(&self, space: &SearchSpace, design: &Design) -> Vec<f64> {
        let logits: BTreeMap<u32, f64> =
            self.models.iter().map(|(&views, model)| (views, model.logit(space, design, views))).collect();
        let low = |views| {
            let [(fewer, below), (more, above)] = self.neighbours(views)?;
            let (near, far) = (logits[&fewer], logits[&more]);
            let centre = near + share_between(fewer, more, views) * (far - near);
            Some(around(centre, below.half_width().max(above.half_width())).low)
        };
        self.views().filter_map(low).collect()
    }

    /// Odds of each prediction over those of its lower end, from which it follows
    /// ([`PredictedAccuracy::with_lower_end`]); `None` for a number of views beyond those that were measured.
    pub fn odds_over_lower_end(&self, views: u32) -> Option<f64> {
        let [(_, below), (_, above)] = self.neighbours(views)?;
        Some(below.half_width().max(above.half_width()).exp())
    }

    /// Error on held-out designs, for each number of views that was measured.
    pub fn qualities(&self) -> impl Iterator<Item = (u32, Quality)> {
        self.models.iter().map(|(&views, model)| (views, model.quality()))
    }

    /// The models at a number of views and on both sides of it.
    fn neighbours(&self, views: u32) -> Option<[(u32, &AccuracyModel); 2]> {
        let (&fewer, below) = self.models.range(..=views).next_back()?;
        let (&more, above) = self.models.range(views..).next()?;
        Some([(fewer, below), (more, above)])
    }
}

/// Place of `views` between two numbers of views, 0 to 1 on a logarithmic scale.
fn share_between(fewer: u32, more: u32, views: u32) -> f64 {
    if fewer == more {
        return 0.0;
    }
    (f64::from(views) / f64::from(fewer)).ln() / (f64::from(more) / f64::from(fewer)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A measured accuracy.
    struct Row {
        design: Design,
        views: u32,
        accuracy: f64,
    }

    /// Accuracies measured on a run of the default space: design, views, right ones of so many objects.
    fn measured(space: &SearchSpace) -> Vec<Row> {
        let rows = include_str!("accuracy_by_views/measured.csv").lines().skip(1);
        let row = |line: &str| {
            let fields: Vec<&str> = line.split(',').collect();
            let number = |at: usize| fields[at].parse::<u32>().unwrap();
            let design = space.parse_design(fields[0]).unwrap();
            Row { design, views: number(1), accuracy: f64::from(number(2)) / f64::from(number(3)) }
        };
        rows.map(row).collect()
    }

    fn fitted<'a>(space: &SearchSpace, rows: impl Iterator<Item = &'a Row>) -> AccuracyByViews {
        let mut samples: BTreeMap<u32, AccuracySamples> = BTreeMap::new();
        for Row { design, views, accuracy } in rows {
            samples.entry(*views).or_default().add(space, design, *views, *accuracy);
        }
        AccuracyByViews::fit(space, &samples).unwrap().unwrap()
    }

    #[test]
    fn nine_in_ten_measured_designs_lie_within_intervals_made_without_them() {
        let space = SearchSpace::shipped("tabletop").unwrap();
        let rows = measured(&space);
        let mut designs: Vec<String> = rows.iter().map(|row| space.print_design(&row.design)).collect();
        designs.sort_unstable();
        designs.dedup();
        let part = |row: &Row| designs.binary_search(&space.print_design(&row.design)).unwrap() % 10;
        let mut within = 0;
        for held_out in 0..10 {
            let model = fitted(&space, rows.iter().filter(|row| part(row) != held_out));
            for row in rows.iter().filter(|row| part(row) == held_out) {
                let found = model.predict(&space, &row.design, row.views).unwrap();
                within += usize::from((found.low..=found.high).contains(&row.accuracy));
            }
        }
        let coverage = within as f64 / rows.len() as f64;
        assert!((0.85..=0.95).contains(&coverage), "{coverage}");
        for (views, quality) in fitted(&space, rows.iter()).qualities() {
            println!("{views} views: {quality:?}");
            assert!((0.85..=0.95).contains(&quality.coverage), "{views} views: {quality:?}");
            assert!(quality.kendall_tau > 0.4, "{views} views: {quality:?}");
        }
    }

    #[test]
    fn views_between_measured_ones_are_interpolated_and_none_beyond_are_predicted() {
        let space = SearchSpace::shipped("tabletop").unwrap();
        let rows = measured(&space);
        let model = fitted(&space, rows.iter());
        assert_eq!(model.views(), 1..=6);
        let design = &rows[0].design;
        let all: Vec<PredictedAccuracy> =
            model.views().map(|views| model.predict(&space, design, views).unwrap()).collect();
        assert!(all[1].value < all[3].value && all[3].value < all[5].value, "{all:?}");
        assert_eq!((model.predict(&space, design, 7), model.odds_over_lower_end(12)), (None, None));
        for ((views, found), low) in model.views().zip(&all).zip(model.lower_ends(&space, design)) {
            assert!((found.low - low).abs() < 1e-12);
            let again = PredictedAccuracy::with_lower_end(low, model.odds_over_lower_end(views).unwrap());
            assert!((again.value - found.value).abs() < 1e-9);
        }
    }
}
