//! The promises of the captions hold on the default pair, and each scene can be shown alone.

use super::*;
use crate::{quantity::Metric, record::Precision, tui::tests::fixture};

fn played(scene: &str) -> (Session, Demo) {
    let (mut session, mut ui) = (fixture::session(), UiState::default());
    let mut demo = Demo::new(Measured::shipped(session.space()));
    let index = demo.scenes.iter().position(|one| one.title == scene).unwrap();
    demo.play_out(index, &mut session, &mut ui);
    (session, demo)
}

/// Position of the selected design's split among the boundaries of its network.
fn split(session: &Session) -> usize {
    session.strip().unwrap().split
}

#[test]
fn a_slower_link_moves_the_split_to_the_sensor_and_less_memory_moves_it_back() {
    let home = split(&played("One network on two machines").0);
    let slow = split(&played("The link gets slower").0);
    let slower = split(&played("And slower").0);
    let small = split(&played("The sensor's memory shrinks").0);
    assert!(home < slow && slow <= slower && small < home, "{home} {slow} {slower} {small}");
}

#[test]
fn accuracy_rises_with_the_cameras_and_was_measured() {
    let (mut session, mut demo) = played("More sensors see more");
    let mut ui = UiState::default();
    assert!(!demo.measured.is_empty(), "the shipped accuracies are of the default space");
    let end = Facts::of(&session);
    assert_eq!(end.sensors, 12);
    assert!(demo.before.accuracy < end.accuracy, "{:?} {:?}", demo.before.accuracy, end.accuracy);
    let caption = demo.caption(&session);
    assert!(caption.text.contains("validation objects of arrangement-10"), "{}", caption.text);
    // Each accuracy stands with the network, the split and the latency that it belongs to.
    let index = demo.scenes.iter().position(|one| one.title == "More sensors see more").unwrap();
    demo.begin(index, &mut session, &mut ui, 0);
    let start = Facts::of(&session);
    assert_eq!((start.sensors, start.accuracy), (1, demo.before.accuracy));
    for facts in [&start, &end] {
        let accuracy = Metric::Accuracy.format(facts.accuracy.unwrap());
        let (_, words) = caption.text.split_once(&format!("#{}, split after {}", facts.id, facts.split)).unwrap();
        let (words, _) = words.split_once(&facts.latency).unwrap();
        assert!(words.contains(&accuracy) && !words.contains('#'), "{}", caption.text);
    }
    demo.begin(0, &mut session, &mut ui, 0);
    assert_eq!(session.measured_count(), 0, "the other scenes show none");
}

#[test]
fn less_of_the_picture_is_rebuilt_the_more_is_compressed() {
    let (session, demo) = played("What crosses the link");
    let end = Facts::of(&session);
    let (start, end) = (demo.before.leak.expect("its pictures are shipped"), end.leak.expect("these too"));
    assert!(start.0 > 0.8 && end.0 < start.0 - 0.1, "{start:?} {end:?}");
    assert_eq!((start.1, end.1), (Precision::Int8, Precision::Int8), "as the table and the costs");
    let caption = demo.caption(&session).text;
    assert!(caption.contains("of the picture can be rebuilt") && !caption.contains("private"), "{caption}");
}

#[test]
fn the_tour_goes_through_all_scenes_by_the_clock_and_stops() {
    let (mut session, mut ui) = (fixture::session(), UiState::default());
    let mut demo = Demo::new(Measured::default());
    assert!(demo.scenes.iter().all(|scene| !scene.measured), "nothing is made up where nothing was measured");
    demo.begin(0, &mut session, &mut ui, 0);
    let (mut now, mut seen) = (0, Vec::new());
    while let Some(due) = demo.due_ms() {
        assert!(now < 300_000, "it has no end");
        now = due.max(now + 1);
        demo.advance(&mut session, &mut ui, now);
        seen.push(demo.caption(&session).scene);
    }
    seen.dedup();
    assert_eq!(seen, (1..=demo.len()).collect::<Vec<_>>());
}

#[test]
fn held_it_waits_and_skipping_goes_both_ways() {
    let (mut session, mut ui) = (fixture::session(), UiState::default());
    let mut demo = Demo::new(Measured::default());
    demo.begin(0, &mut session, &mut ui, 0);
    demo.hold(true, 10);
    assert!(demo.due_ms().is_none() && !demo.advance(&mut session, &mut ui, 99_999));
    demo.skip(1, &mut session, &mut ui, 100_000);
    assert_eq!(demo.caption(&session).scene, 2);
    demo.skip(-5, &mut session, &mut ui, 100_000);
    assert_eq!(demo.caption(&session).scene, 1);
    demo.hold(false, 100_000);
    assert!(demo.due_ms().is_some_and(|due| due >= 100_000));
}

#[test]
fn captions_fit_a_small_screen() {
    let (mut session, mut ui) = (fixture::session(), UiState::default());
    let mut demo = Demo::new(Measured::shipped(session.space()));
    for scene in 0..demo.len() {
        demo.play_out(scene, &mut session, &mut ui);
        let caption = demo.caption(&session);
        let lines = crate::tui::text::wrap(&caption.text, 76);
        assert!(
            lines.len() <= usize::from(crate::tui::screen::CAPTION_ROWS),
            "{} lines: {}",
            lines.len(),
            caption.text
        );
    }
}
