//! Behaviour of whole sets.

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

fn open(text: &str, views: usize, size: usize, channels: usize) -> Dataset {
    let spec: DataSpec = text.parse().expect(text);
    Dataset::open(&spec, views, size, channels).expect(text)
}

fn view(set: &Dataset, object: usize, view: usize) -> &[u8] {
    let Ok(Cow::Borrowed(bytes)) = set.view(object, view) else { panic!("small sets are in memory") };
    bytes
}

fn object(set: &Dataset, object: usize) -> &[u8] {
    let Ok(Cow::Borrowed(bytes)) = set.object(object) else { panic!("small sets are in memory") };
    bytes
}

fn statistics(set: &Dataset) -> Vec<PixelStatistics> {
    set.statistics().expect("small sets are in memory")
}

#[test]
fn the_default_set_has_the_documented_shape() {
    let set = open("arrangement-10", 2, 16, 1);
    assert_eq!((set.classes.len(), set.objects(), set.views, set.channels), (10, 2000, 2, 1));
    assert_eq!((set.split.train.len(), set.split.validation.len(), set.split.test.len()), (1200, 200, 600));
    assert_eq!(set.samples.bytes(), 2000 * 2 * 16 * 16);
    assert_eq!(view(&set, 1999, 1).len(), 256);
}

#[test]
fn an_object_depends_on_seed_and_index_only() {
    let many = open("arrangement-10:level=hard,objects=40", 12, 16, 1);
    let few = open("arrangement-10:level=hard,objects=7", 12, 16, 1);
    for i in 0..7 {
        assert_eq!(object(&many, i), object(&few, i));
    }
    let other = open("arrangement-10:level=hard,objects=7,seed=1", 12, 16, 1);
    assert!((0..7).all(|i| object(&other, i) != object(&few, i)));
}

#[test]
fn fewer_views_are_a_prefix_of_more() {
    let twelve = open("arrangement-10:level=hard,objects=20", 12, 16, 1);
    let three = open("arrangement-10:level=hard,objects=20", 3, 16, 1);
    for i in 0..20 {
        assert_eq!(object(&three, i), &object(&twelve, i)[..3 * 256]);
    }
}

#[test]
fn threads_make_no_difference() {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| open("arrangement-10:objects=60", 4, 24, 1))
    };
    assert_eq!(on(1), on(3));
}

#[test]
fn objects_made_on_demand_are_the_same() {
    let spec: DataSpec = "arrangement-10:level=hard,objects=300".parse().expect("valid");
    let open = |on_demand: bool| {
        Dataset::open_with(&spec, 4, 16, 1, Access { on_demand, ..Access::default() }).expect("opens")
    };
    let (all, lazy) = (open(false), open(true));
    assert!(matches!(lazy.samples, Samples::OnDemand(_)));
    assert_eq!(lazy.samples.bytes(), all.samples.bytes());
    assert_eq!(object(&lazy, 7), object(&all, 7));
    assert_eq!(view(&lazy, 299, 3), view(&all, 299, 3));
    assert!(format!("{:?}", lazy.samples).contains("(2 of 300"), "{:?}", lazy.samples);
    let across = lazy.samples.read(1000, 3000).expect("in memory");
    assert_eq!(across, all.samples.read(1000, 3000).expect("in memory"));
    assert_eq!(lazy, all);
}

#[test]
fn progress_reaches_the_total() {
    let calls = AtomicUsize::new(0);
    let most = AtomicUsize::new(0);
    let spec: DataSpec = "arrangement-10:objects=30".parse().expect("valid");
    let progress = |done: usize, total: usize| {
        assert!(done <= total && total == 30);
        calls.fetch_add(1, Ordering::Relaxed);
        most.fetch_max(done, Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    let access = Access { progress: &progress, ..Access::default() };
    Dataset::open_with(&spec, 1, 8, 1, access).expect("opens");
    assert_eq!((calls.into_inner(), most.into_inner()), (30, 30));
}

#[test]
fn a_progress_that_breaks_ends_the_making() {
    let spec: DataSpec = "arrangement-10:objects=100000".parse().expect("valid");
    let calls = AtomicUsize::new(0);
    let progress = |_: usize, _: usize| {
        if calls.fetch_add(1, Ordering::Relaxed) < 4 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let access = Access { progress: &progress, ..Access::default() };
    let error = Dataset::open_with(&spec, 1, 8, 1, access).expect_err("ended");
    assert!(matches!(error, DataError::Ended { done: 5..1000, total: 100_000 }), "{error}");
}

#[test]
fn colour_repeats_grey() {
    let (grey, colour) = (open("arrangement-10:objects=5", 2, 16, 1), open("arrangement-10:objects=5", 2, 16, 3));
    for channel in 0..3 {
        assert_eq!(&view(&colour, 3, 1)[channel * 256..][..256], view(&grey, 3, 1));
    }
    assert_eq!(statistics(&colour).len(), 3);
    assert_eq!(statistics(&colour)[2], statistics(&grey)[0]);
}

#[test]
fn shapes_out_of_range_are_refused() {
    let spec = DataSpec::new(DataSource::Arrangement);
    for (views, size, channels, word) in
        [(0, 32, 1, "views"), (13, 32, 1, "views"), (1, 4, 1, "size"), (1, 32, 2, "channels")]
    {
        let message = Dataset::open(&spec, views, size, channels).expect_err("out of range").to_string();
        assert!(message.contains(word), "{message}");
    }
    let huge: DataSpec = "arrangement-10:objects=900000000".parse().expect("valid");
    let message = Dataset::open(&huge, 12, 512, 3).expect_err("too large").to_string();
    assert!(message.contains("fewer objects"), "{message}");
}

#[test]
fn statistics_describe_the_training_part() {
    let set = open("arrangement-10:objects=50", 2, 16, 1);
    let pixels: Vec<f64> =
        set.split.train.iter().flat_map(|&o| object(&set, o as usize)).map(|&p| f64::from(p) / 255.0).collect();
    let mean = pixels.iter().sum::<f64>() / pixels.len() as f64;
    let variance = pixels.iter().map(|p| (p - mean).powi(2)).sum::<f64>() / pixels.len() as f64;
    let found = statistics(&set)[0];
    assert!((f64::from(found.mean) - mean).abs() < 1e-5);
    assert!((f64::from(found.deviation) - variance.sqrt()).abs() < 1e-5);
}
