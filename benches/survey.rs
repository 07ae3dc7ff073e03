//! What a look at a whole space takes: `cargo bench --bench survey`. Made once for a space; asked at every move of a
//! knob, for which it has a frame or two (33 ms). CPU time where the system tells it (Linux), else wall time.

use std::hint::black_box;
use std::time::Instant;

use splitscope::cost::CostModel;
use splitscope::hardware::Profile;
use splitscope::search::{Goal, Survey};
use splitscope::space::SearchSpace;

/// Two frames at 60 a second.
const BUDGET_MS: f64 = 33.3;
/// Each is repeated for so long: processor time is told in steps of some milliseconds.
const LASTS_S: f64 = 0.1;

fn main() {
    let mut missed = false;
    for space_name in ["tabletop", "attentive-nas", "ofa-mobilenet-v3"] {
        for profile_name in ["glasses", "meta-7nm", "imx500"] {
            let space = SearchSpace::shipped(space_name).expect("it is shipped");
            let profile = Profile::shipped(profile_name).expect("it is shipped");
            let model = CostModel::new(space, profile).expect("no device is measured");
            let begun = seconds();
            let survey = Survey::new(&model).expect("no device is measured");
            println!("{space_name} on {profile_name}: made in {:.1} ms", (seconds() - begun) * 1e3);
            let knobs = model.knobs();
            missed |= report("count", &mut || {
                black_box(survey.count_feasible(black_box(&knobs)));
            });
            println!("  {}", survey.count_feasible(&knobs));
            for goal in Goal::ALL {
                let name = format!("least {goal:?}");
                // Under other knobs each time, as the last answer is kept.
                let mut moved = knobs;
                missed |= report(&name, &mut || {
                    moved.bandwidth_bytes_per_s *= 1.001;
                    drop(black_box(survey.optimum(goal, black_box(&moved))));
                });
            }
        }
    }
    std::process::exit(i32::from(missed));
}

/// Prints the mean; says whether it misses the budget by more than a factor of two, so that a busy machine passes.
fn report(name: &str, work: &mut dyn FnMut()) -> bool {
    work();
    let (begun, mut repeats) = (seconds(), 0_u32);
    while seconds() - begun < LASTS_S {
        work();
        repeats += 1;
    }
    let each = (seconds() - begun) * 1e3 / f64::from(repeats);
    println!("  {name}: {each:.3} ms of {BUDGET_MS:.0}");
    each > 2.0 * BUDGET_MS
}

/// CPU seconds of the main thread, or seconds on the wall.
fn seconds() -> f64 {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let ticks = || -> Option<f64> {
        let stat = std::fs::read_to_string("/proc/self/schedstat").ok()?;
        stat.split_whitespace().next()?.parse::<f64>().ok().filter(|nanoseconds| *nanoseconds > 0.0)
    };
    ticks().map_or_else(|| START.get_or_init(Instant::now).elapsed().as_secs_f64(), |nanoseconds| nanoseconds / 1e9)
}
