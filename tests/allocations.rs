//! What is done again at every move of a knob asks the allocator for nothing.

use allocation_counter::measure;
use rand::SeedableRng;
use splitscope::cost::{BatchCosts, DemandBatch, Knobs, NetworkCosts, SpaceCostTable, SystemRates, TransmitConfig};
use splitscope::hardware::Profile;
use splitscope::space::{Design, SearchSpace};

#[test]
fn costing_designs_allocates_nothing() {
    let profile = Profile::shipped("glasses").unwrap();
    for name in ["tabletop", "attentive-nas"] {
        let space = SearchSpace::shipped(name).unwrap();
        let blocks = SpaceCostTable::new(&space, &profile).unwrap();
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
        let designs: Vec<Design> = (0..200).map(|_| space.sample_design(&mut rng)).collect();
        let mut knobs = Knobs::from_profile(&profile);
        let (mut table, mut batch) = (NetworkCosts::default(), DemandBatch::new(knobs.sensors));
        for design in &designs {
            blocks.fill(&design.genome, TransmitConfig::from(design), &mut table).unwrap();
            table.demands.iter().for_each(|demand| batch.push(demand, true));
        }
        let (mut seconds, mut costs) = (0.0, BatchCosts::default());
        let mut evaluate = |batch: &DemandBatch, knobs: &Knobs| {
            let rates = SystemRates::new(knobs);
            batch.evaluate(0..batch.len(), &rates, batch.breakable(&rates), &mut costs);
            costs.seconds().iter().sum::<f64>()
        };
        evaluate(&batch, &knobs);
        let moved = measure(|| {
            for sensors in [4, 12] {
                (knobs.sensors, knobs.bandwidth_bytes_per_s) = (sensors, 0.5 * knobs.bandwidth_bytes_per_s);
                batch.set_sensors(sensors);
                seconds += evaluate(&batch, &knobs);
            }
        });
        assert!(seconds > 0.0 && moved.count_total == 0, "{name}, designs costed again: {moved:?}");
        let rates = SystemRates::new(&knobs);
        let fresh = measure(|| {
            seconds +=
                designs.iter().map(|design| rates.evaluate(&blocks.demand(design).unwrap()).energy_j).sum::<f64>();
        });
        assert_eq!(fresh.count_total, 0, "{name}, fresh designs: {fresh:?}");
    }
}
