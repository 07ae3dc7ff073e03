//! Events in which a search tells how it goes.

use super::SearchRunner;
use crate::record::{Event, GenerationRecord, GenerationSeconds, OperatorRecord, PredictorRecord};
use crate::run::error::RunError;
use crate::search::{Generation, Operator};

impl SearchRunner<'_> {
    /// Records the quality of the predictors.
    pub(super) fn record_predictors(&mut self) -> Result<(), RunError> {
        for (predictor, quality) in self.driver.predictor_qualities() {
            // A score has no interval that measurements could lie in.
            let (predicted, within) = if quality.half_width.is_nan() { (0, 0) } else { (self.predicted, self.within) };
            let record = PredictorRecord {
                predictor,
                samples: quality.samples as u64,
                rmse: quality.rmse,
                kendall_tau: quality.kendall_tau,
                half_width: quality.half_width,
                predicted,
                within,
            };
            self.process.emit(Event::Predictor(record))?;
        }
        Ok(())
    }

    /// Records the generations that are new, with the time that they took.
    pub(super) fn record_generations(&mut self) -> Result<(), RunError> {
        let new = &self.driver.search().generations()[self.recorded_generations..];
        let records: Vec<GenerationRecord> = new.iter().map(|generation| self.generation_record(generation)).collect();
        for record in records {
            self.recorded_generations += 1;
            let parts = std::mem::take(&mut self.parts);
            self.process.emit(Event::Generation(GenerationRecord { parts, ..record }))?;
        }
        Ok(())
    }

    fn generation_record(&self, generation: &Generation) -> GenerationRecord {
        let tallies = Operator::ALL.into_iter().map(|operator| (operator, generation.operators.get(operator)));
        let used = tallies.filter(|(_, tally)| tally.evaluated > 0);
        let operators = used.map(|(operator, tally)| {
            let (evaluated, successes) = (tally.evaluated as u64, tally.successes as u64);
            OperatorRecord { operator, evaluated, successes }
        });
        GenerationRecord {
            generation: generation.index as u32,
            evaluations: generation.evaluations as u64,
            hypervolume: self.driver.hypervolume_share(generation),
            front: generation.front_size as u32,
            cache_hits: generation.duplicates_avoided as u64,
            budget: self.options.search.budget as u64,
            reassessments: generation.reassessments as u32,
            operators: operators.collect(),
            seconds: self.started.elapsed().as_secs_f64(),
            parts: GenerationSeconds::default(),
        }
    }
}
