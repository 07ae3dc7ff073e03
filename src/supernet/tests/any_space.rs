//! Spaces at random: what is read can be trained.

use proptest::prelude::*;

use super::*;

/// A stage of any block with any of the sizes that a space may name.
fn any_stage(index: usize) -> impl Strategy<Value = String> {
    let kernels = prop::sample::select(vec!["[1]", "[3]", "[7]", "[9]", "[1, 3]", "[3, 9]", "[5, 7, 11]"]);
    let widths = prop::sample::select(vec!["[4]", "[8, 12]"]);
    let kinds = ["conv", "mbconv", "basic", "bottleneck", "max-pool", "expand", "linear"];
    let kind = prop::sample::select(kinds.to_vec());
    let depths = prop::sample::select(vec!["[1]", "[1, 2]"]);
    let activation = prop::sample::select(vec!["relu", "relu6", "swish", "hard-swish"]);
    (kind, kernels, widths, depths, 1..5_u32, activation, any::<[bool; 3]>()).prop_map(
        move |(kind, kernels, widths, depths, stride, activation, [squeezes, projects, elastic])| {
            let mut text =
                format!("[[stage]]\nname = \"S{index}\"\nblock = \"{kind}\"\nactivation = \"{activation}\"\n");
            let mut key = |kinds: &[&str], line: String| {
                if kinds.contains(&kind) {
                    text += &line;
                }
            };
            key(&["conv", "mbconv", "basic", "bottleneck", "linear"], format!("widths = {widths}\n"));
            key(
                &["conv", "mbconv", "basic", "bottleneck", "max-pool"],
                format!("kernels = {kernels}\nstride = {stride}\n"),
            );
            key(&["conv", "mbconv", "basic", "bottleneck"], format!("depths = {depths}\n"));
            let expansions = if elastic { "[1, 3]" } else { "[2]" };
            key(&["mbconv", "bottleneck", "expand"], format!("expansions = {expansions}\n"));
            if squeezes {
                key(&["mbconv"], "squeeze-excite = 4\n".to_owned());
            }
            if projects {
                key(&["mbconv"], "shortcut = \"projected\"\n".to_owned());
            }
            text
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A space is either refused when it is read, or all its designs run.
    #[test]
    fn every_space_that_reads_can_be_trained(
        stages in (any_stage(0), any_stage(1), any_stage(2)),
        pools: bool, operator in prop::sample::select(vec!["max", "mix", "concat"]), seed: u64,
    ) {
        let header = "[space]\nname = \"any\"\nchannels = 2\nresolutions = [9, 12, 14]\nviews = 3\nclasses = 5\n";
        let pool = if pools { "[[stage]]\nname = \"pool\"\nblock = \"global-pool\"\npooling = \"max\"\n" } else { "" };
        let end = "[[stage]]\nname = \"classifier\"\nblock = \"linear\"\n[split]\nratios = [1, 3]\nbits = [4]\n";
        let fusion = format!("[fusion]\noperator = \"{operator}\"\n");
        let text = [header, &stages.0, &stages.1, &stages.2, pool, end, &fusion].concat();
        if let Ok(space) = SearchSpace::from_toml(&Source::new("any", text)) {
            shapes_agree(&space, 3);
            let device = Device::flex().autodiff();
            let design = space.sample_design(&mut ChaCha8Rng::seed_from_u64(seed));
            let x = images(&space, 2, 2, &device).require_grad();
            let route = Route::of_design(&space, &design);
            let logits = fresh(&space, &device).forward(x.clone(), &ViewSet::first(2), &route, &mut Numerics::Batch);
            let gradients = (logits.clone() * normal(9, logits.dims(), &device)).sum().backward();
            prop_assert!(values(x.grad(&gradients).unwrap()).iter().all(|value| value.is_finite()));
        }
    }
}
