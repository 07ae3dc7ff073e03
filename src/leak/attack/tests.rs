//! Tests of attackers.

use super::*;

const VIEWS: usize = 2;
const SIDE: usize = 8;

/// Objects whose pictures are random, with codes made of each picture.
fn exposure(objects: usize, first: usize, code: impl Fn(&[f32]) -> Vec<f32>) -> Exposure {
    let pixel = |at: usize| ((at * 7919 + at * at % 911) % 1009) as f32 / 1008.0;
    let length = SIDE * SIDE;
    let pictures: Vec<f32> = (0..objects * VIEWS * length).map(|at| pixel(at + first * VIEWS * length)).collect();
    let codes = pictures.chunks_exact(length).flat_map(code).collect();
    let labels = (0..objects).map(|object| (object % 3) as u16).collect();
    Exposure::of_values(VIEWS, SIDE, codes, pictures, labels)
}

fn shares(code: impl Fn(&[f32]) -> Vec<f32>) -> [f64; 3] {
    let (fitted, scored) = (exposure(150, 0, &code), exposure(20, 500, &code));
    let attack = Attack::new(&fitted);
    let asked = asked_in_turn(&scored);
    let (truth, means) = (pictures(&scored, &asked), attack.mean_pictures(&asked));
    let share = |rebuilt: &Matrix| quality::explained(&truth.values, &rebuilt.values, &means.values);
    let (one_view, _) = attack.one_view(&scored, &asked, None);
    let all_views = attack.all_views(&scored, &asked);
    [share(&one_view), share(&all_views), share(&attack.class_means(&scored, &asked))]
}

#[test]
fn constant_codes_leak_nothing() {
    let [one_view, all_views, label] = shares(|_| vec![0.5; 4]);
    assert!(one_view == 0.0 && all_views == 0.0, "{one_view} {all_views}");
    assert!(label < 0.1, "the labels of random pictures say nothing: {label}");
}

#[test]
fn raw_pictures_leak_whole_and_from_all_views_too() {
    let [one_view, all_views, _] = shares(<[f32]>::to_vec);
    assert!(one_view > 0.99 && all_views > 0.99, "{one_view} {all_views}");
}

#[test]
fn half_of_the_pixels_leak_half() {
    let [one_view, ..] = shares(|picture| picture[..picture.len() / 2].to_vec());
    assert!((0.4..0.6).contains(&one_view), "{one_view}");
}

#[test]
fn a_pose_is_read_where_the_code_holds_it() {
    let pose = |object: usize| Nuisance {
        azimuths: vec![object as f32, object as f32 + 1.0],
        elevation_degrees: (object * 17 % 23) as f32,
    };
    let poses: Vec<Nuisance> = (0..170).map(pose).collect();
    let mut exposures = [exposure(150, 0, |_| vec![0.0; 3]), exposure(20, 150, |_| vec![0.0; 3])];
    for (exposure, first) in exposures.iter_mut().zip([0, 150]) {
        for object in 0..exposure.objects {
            for view in 0..VIEWS {
                let Nuisance { azimuths, elevation_degrees } = &poses[first + object];
                let code = [azimuths[view].sin(), azimuths[view].cos(), *elevation_degrees * 0.01];
                exposure.code_mut(object, view).copy_from_slice(&code);
            }
        }
    }
    let attack = Attack::new(&exposures[0]);
    let known = Poses::new(&poses[..150], &attack.pairs);
    let asked = asked_in_turn(&exposures[1]);
    let (_, read) = attack.one_view(&exposures[1], &asked, Some(&known));
    let shares = known.shares(&attributes(&poses[150..], &asked), &read.unwrap());
    assert!(shares.iter().all(|share| *share > 0.99), "{shares:?}");
}
