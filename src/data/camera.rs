//! Places of the cameras: rings of up to [`MAX_VIEWS`] cameras looking at the origin.
//!
//! Views are *elastic*: a rig of fewer cameras is a prefix of a rig of more, and every prefix is spread round the
//! object as evenly as a prefix can be. A sample's first `v` views are therefore the same whatever number was asked
//! for.

/// Most cameras a rig may have.
pub(crate) const MAX_VIEWS: usize = 12;

/// A camera far away (orthographic), looking at the origin, its upper edge towards +Z.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ViewCamera {
    /// Angle round the Z axis, from +X towards +Y, in degrees.
    pub azimuth_degrees: f32,
    /// Angle above the horizon, in degrees.
    pub elevation_degrees: f32,
}

/// The order in which places of a ring of `count` equal steps are filled.
///
/// The places follow the binary van der Corput sequence (0, 1/2, 1/4, 3/4, 1/8, ...), so any prefix is spread. For 12:
/// 0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11, which are the azimuths 0, 180, 90, 270, 30, 210, 120, 300, 60, 240, 150, 330.
pub(crate) fn spread_order(count: usize) -> Vec<usize> {
    let bits = count.max(1).next_power_of_two().trailing_zeros();
    let mut taken = vec![false; count];
    let mut order = Vec::with_capacity(count);
    for step in 0..1usize << bits {
        let reversed = if bits == 0 { 0 } else { step.reverse_bits() >> (usize::BITS - bits) };
        let place = (reversed * count) >> bits;
        if place < count && !std::mem::replace(&mut taken[place], true) {
            order.push(place);
        }
    }
    order
}

/// The first `views` cameras of a rig on one or more rings, given by their elevations in degrees.
///
/// Azimuths are 30 degrees apart in [`spread_order`]. With several rings, neighbours round the circle stand on
/// different rings (with two rings: azimuths 0 and 180 on the first, 90 and 270 on the second, and so on).
pub(crate) fn ring(views: usize, elevations: &[f32]) -> Vec<ViewCamera> {
    let step = 360.0 / MAX_VIEWS as f32;
    spread_order(MAX_VIEWS)
        .into_iter()
        .take(views)
        .map(|place| ViewCamera {
            azimuth_degrees: step * place as f32,
            elevation_degrees: elevations.get(place % elevations.len().max(1)).copied().unwrap_or(0.0),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_views_fill_the_documented_order() {
        let azimuths: Vec<f32> = ring(12, &[0.0]).iter().map(|c| c.azimuth_degrees).collect();
        let expected = [0.0, 180.0, 90.0, 270.0, 30.0, 210.0, 120.0, 300.0, 60.0, 240.0, 150.0, 330.0];
        assert_eq!(azimuths, expected);
    }

    #[test]
    fn every_order_is_a_permutation_with_spread_prefixes() {
        for count in 1..=40 {
            let order = spread_order(count);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..count).collect::<Vec<_>>());
            if count >= 4 {
                let gap = order[0].abs_diff(order[1]);
                assert!(gap * 2 + 1 >= count, "the first two of {count} are opposite: {order:?}");
            }
        }
    }

    #[test]
    fn two_rings_alternate_round_the_circle() {
        let mut cameras = ring(12, &[30.0, -30.0]);
        cameras.sort_by(|a, b| a.azimuth_degrees.total_cmp(&b.azimuth_degrees));
        for (place, camera) in cameras.iter().enumerate() {
            let expected = if place % 2 == 0 { 30.0 } else { -30.0 };
            assert!((camera.elevation_degrees - expected).abs() < f32::EPSILON);
        }
    }
}
