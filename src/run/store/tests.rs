//! Behaviour of every database alike: each test is a function of the address of a new run's database.

use std::path::Path;
use std::time::Duration;

use crate::network::LinkRange;
use crate::record::{Clipping, Event, Measurement, MeasurementKey, Precision, Quantisation, Subset};

mod events;
pub(super) mod leaks;
mod measurements;
mod requests;
mod views;

#[cfg(feature = "postgres")]
use super::postgres::tests::new_run_on_server;

/// Makes a module with one test per function and database.
macro_rules! on_every_database {
    ($($file:ident :: $name:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[test]
            fn $name() {
                let directory = tempfile::tempdir().unwrap();
                let path = directory.path().join("run.db");
                drop(crate::run::Store::create(&path).unwrap());
                super::$file::$name(&path);
            })*
        }

        #[cfg(feature = "postgres")]
        mod on_postgres {
            $(#[test]
            fn $name() {
                if let Some(path) = super::new_run_on_server() {
                    super::$file::$name(&path);
                }
            })*
        }
    };
}

on_every_database! {
    events::every_kind_of_event_comes_back_with_its_writer_and_time,
    events::an_event_of_a_later_splitscope_is_unknown_and_not_an_error,
    events::an_event_that_is_no_json_is_unknown_and_told,
    events::threads_that_write_at_once_lose_nothing_and_ids_grow,
    events::a_reader_gets_each_row_once_and_hears_of_its_own_writes_too,
    events::a_long_past_comes_in_pieces,
    events::controls_are_read_per_task_and_in_order,
    events::an_event_of_an_owner_who_is_none_any_more_is_not_written,
    events::weights_are_known_by_the_last_checkpoint_of_a_step_until_it_is_trained_again,
    measurements::the_better_of_two_measurements_of_a_subject_stays,
    measurements::each_precision_is_another_subject,
    measurements::lost_cameras_are_another_subject,
    measurements::what_is_no_accuracy_is_refused,
    measurements::a_rollback_withdraws_what_was_measured_later,
    measurements::a_claim_is_held_until_released_expired_or_measured,
    measurements::what_is_measured_again_on_more_objects_is_claimed_too,
    measurements::threads_that_claim_at_once_never_get_the_same_subject,
    measurements::a_measurement_with_a_changed_value_is_left_out_and_told,
    requests::requests_are_claimed_once_each_the_oldest_first,
    requests::a_measured_request_is_gone_and_an_expired_claim_is_taken_over,
    requests::a_request_that_is_given_back_is_the_next_one_again,
    requests::requests_can_be_taken_back,
    requests::a_worker_records_with_the_event_and_has_the_next_request,
    requests::what_another_recorded_meanwhile_is_not_told_again,
    requests::a_measurement_is_recorded_with_its_event_or_not_at_all,
    leaks::a_leak_is_kept_whole_and_one_with_a_decoder_stays,
    leaks::a_changed_digit_makes_no_answer_and_a_rollback_withdraws,
    leaks::pictures_lift_their_request_and_a_later_request_takes_the_place_of_an_earlier_one,
    leaks::old_pictures_go,
    views::designs_are_told_by_their_parts_with_their_newest_figures,
    views::the_front_is_what_joined_one_in_a_search,
}

/// Runs a statement on the database behind the store's back.
fn execute(path: &Path, sql: &str) {
    #[cfg(feature = "postgres")]
    if crate::run::address::ServerAddress::is_one(path) {
        return super::postgres::tests::execute(path, sql);
    }
    rusqlite::Connection::open(path).unwrap().execute(sql, []).unwrap();
}

/// The one column of the rows that a query finds.
fn texts(path: &Path, sql: &str) -> Vec<String> {
    #[cfg(feature = "postgres")]
    if crate::run::address::ServerAddress::is_one(path) {
        return super::postgres::tests::texts(path, sql);
    }
    let database = rusqlite::Connection::open(path).unwrap();
    let mut query = database.prepare(sql).unwrap();
    query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

pub(super) const TTL: Duration = Duration::from_mins(10);

pub(super) fn key(design: &str) -> MeasurementKey {
    let (subset, precision) = (Subset::Validation, Precision::Int8);
    MeasurementKey { design: design.into(), views: 6, lost: 0, subset, precision, step: 100 }
}

pub(super) fn float_key(design: &str) -> MeasurementKey {
    MeasurementKey { precision: Precision::Float, ..key(design) }
}

pub(super) fn measured_float(design: &str, samples: u64, accuracy: f64) -> Measurement {
    Measurement { key: float_key(design), quantisation: None, ..measured(design, samples, accuracy) }
}

pub(super) fn measured(design: &str, samples: u64, accuracy: f64) -> Measurement {
    let quantisation =
        Some(Quantisation { clipping: Clipping::Mse, link_range: LinkRange::PerImage, code_entropy: 3.25 });
    Measurement { key: key(design), accuracy, samples, calibration_batches: 4, seconds: 0.5, quantisation }
}

pub(super) fn warning(text: &str) -> Event {
    Event::Warning { text: text.into() }
}
