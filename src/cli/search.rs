//! `splitscope search`: measures designs of a trained run, the promising ones first, under limits that may change.
//!
//! NSGA-II proposes; costs are exact and cheap, so a design that breaks a limit is told back without measuring it; what fits
//! is measured on the supernet, with batch norm recalibrated, and recorded in the run's database.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::progress::Log;
use super::train::{measurement, open_inputs, use_threads};
use super::{Answer, space_genes, steer};
use crate::cost::{CostTable, Evaluation, Knobs, Sending, shortfall_list, smallest_cuts, why_none};
use crate::diagnostic::Source;
use crate::explore::KnobId;
use crate::hardware::Profile;
use crate::run::{self, Claim, Control, Event, Inbox, Ownership, RunDir, Store, Subject, Subset, Task};
use crate::search::{Config, Operator, Outcome, Proposal, Search, Tallies};
use crate::space::{Design, SearchSpace};
use crate::supernet::{Route, Supernet};
use crate::train::{Checkpoints, Inputs, Settings, measure};

/// Proposals that may miss the limits, one after the other, before a search gives up.
const MISSES: usize = 5_000;
/// How long a claim on a measurement holds if its process can't be asked.
const CLAIM: Duration = Duration::from_mins(10);

/// Arguments of `search`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Trained run [default: the latest below runs/]
    #[arg(long)]
    run: Option<PathBuf>,
    /// Number of sensors [default: the profile's]
    #[arg(long)]
    sensors: Option<u32>,
    /// Designs to measure at most
    #[arg(long, default_value_t = 60)]
    evaluations: usize,
    /// What counts besides accuracy: latency, energy, memory
    #[arg(long, value_delimiter = ',', default_value = "latency,energy")]
    objectives: Vec<Objective>,
    /// Knobs as JSON, for instance '{"link-bandwidth": 125000, "latency": 0.008}'; bytes, seconds, joules
    #[arg(long)]
    limits: Option<String>,
    /// Source of all randomness
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Threads; 0 takes all cores
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Print one JSON object per event
    #[arg(long)]
    json: bool,
}

/// Something to be minimised besides the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Objective {
    Latency,
    Energy,
    Memory,
}

impl Objective {
    fn of(self, found: &Evaluation) -> f64 {
        match self {
            Self::Latency => found.latency.total_s(),
            Self::Energy => found.energy_j,
            Self::Memory => found.sensor_peak_bytes as f64,
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let path = match &arguments.run {
        Some(path) => path.clone(),
        None => {
            run::latest(Path::new("runs"))?.context("there is no run below runs/; train one first: splitscope train")?
        }
    };
    let run = RunDir::open(&path)?;
    use_threads(arguments.threads);
    let owner = run.own(Task::Search, "splitscope search")?;
    let mut job = Job::new(&run, arguments, owner)?;
    match job.work(arguments) {
        Ok(answer) => Ok(answer),
        Err(error) => {
            job.tell(Event::Failed { text: format!("{error:#}") }).ok();
            Err(error)
        }
    }
}

/// A measured accuracy, or none yet.
type Known = HashMap<Design, f64>;

struct Job {
    store: Store,
    log: Log,
    owner: Ownership,
    inbox: Inbox,
    space: SearchSpace,
    profile: Profile,
    knobs: Knobs,
    objectives: Vec<Objective>,
    settings: Settings,
    supernet: Supernet,
    step: u64,
    inputs: Inputs,
    known: Known,
}

impl Job {
    fn new(run: &RunDir, arguments: &Arguments, owner: Ownership) -> Result<Self> {
        let manifest = run.manifest();
        let space = SearchSpace::from_toml(&Source::new(&*manifest.space.name, &*manifest.space.text))?;
        let profile = Profile::from_toml(&Source::new(&*manifest.profile.name, &*manifest.profile.text))?;
        let settings: Settings = manifest.settings.clone().try_into().context("the settings in run.toml")?;
        let device = settings.device.open();
        let checkpoints = Checkpoints::new(run.checkpoint_dir());
        let (supernet, state) = checkpoints
            .load_weights(&space, &settings, &device)
            .context("the run has nothing to measure yet; train it first")?;
        let mut knobs = Knobs::from_profile(&profile);
        knobs.sensors = arguments.sensors.unwrap_or(knobs.sensors).clamp(1, space.views);
        let mut inbox = Inbox::of(&owner)?;
        inbox.catch_signals().context("signals can't be caught")?;
        let store = run.store()?;
        let mut job = Self {
            log: Log::new(arguments.json),
            owner,
            inbox,
            knobs,
            objectives: arguments.objectives.clone(),
            settings,
            supernet,
            step: state.step,
            inputs: open_inputs(manifest, &space)?.0,
            known: Known::new(),
            store,
            space,
            profile,
        };
        if let Some(text) = &arguments.limits {
            let values: BTreeMap<String, f64> =
                serde_json::from_str(text).context("--limits is not a JSON object of knob names and numbers")?;
            job.move_knobs(&values)?;
        }
        job.tell(Event::Started { command: "search".into(), pid: std::process::id(), resumed_from_step: None })?;
        Ok(job)
    }

    fn tell(&mut self, event: Event) -> Result<()> {
        self.log.tell(&event);
        self.store.append(&event)?;
        Ok(())
    }

    fn move_knobs(&mut self, values: &BTreeMap<String, f64>) -> Result<()> {
        let mut knobs = self.knobs;
        for (name, &value) in values {
            let id = KnobId::named(name).with_context(|| format!("no knob is named `{name}`"))?;
            id.knob().set(&mut knobs, value);
        }
        let (sensors, views) = (knobs.sensors, self.space.views);
        if !(1..=views).contains(&sensors) {
            bail!("{} takes 1 to {views} views; {sensors} sensors were asked for", self.space.name);
        }
        self.knobs = knobs;
        self.known = self.measured()?;
        Ok(())
    }

    /// Accuracies of these weights with the present number of sensors.
    fn measured(&self) -> Result<Known> {
        let fits = |subject: &Subject| subject.views == self.knobs.sensors && subject.subset == Subset::Validation;
        let rows = self.store.measured(self.step)?;
        Ok(rows
            .into_iter()
            .map(|row| row.value)
            .filter(|row| fits(&row.subject))
            .filter_map(|row| Some((self.space.parse_design(&row.subject.design).ok()?, row.accuracy)))
            .collect())
    }

    fn evaluation(&self, design: &Design) -> Result<Evaluation> {
        let network = self.space.lower(&design.genome)?;
        let table = CostTable::new(&network, Sending::from(design), &self.profile)?;
        let index = table.position(design.split).context("a canonical design is split at a boundary it has")?;
        Ok(crate::cost::evaluate(&table, index, &self.knobs))
    }

    /// What the search is told of a design: its objectives if its accuracy is known, else whether it breaks limits.
    fn outcome(&self, design: &Design, accuracy: Option<f64>) -> Result<Outcome> {
        let found = self.evaluation(design)?;
        let floor = self.knobs.accuracy_floor.unwrap_or(0.0);
        let short = accuracy.map_or(0.0, |accuracy| ((floor - accuracy) / floor.max(1e-9)).max(0.0));
        let violation = violation(&found, &self.knobs) + short;
        let mut objectives = vec![1.0 - accuracy.unwrap_or(0.0)];
        objectives.extend(self.objectives.iter().map(|objective| objective.of(&found)));
        Ok(Outcome::new(&objectives, violation))
    }

    fn work(&mut self, arguments: &Arguments) -> Result<Answer> {
        let mut config = Config::new(space_genes::genes(&self.space), 1 + self.objectives.len(), arguments.seed);
        config.population = config.population.min(arguments.evaluations.max(8));
        config.initial = config.initial.min(config.population);
        let mut search = Search::new(config)?.with_seeds(self.starts())?;
        if let Some(reason) = self.hopeless()? {
            self.tell(Event::Warning { text: reason.clone() })?;
            self.tell(Event::Stopped { reason: "no design meets the limits".into() })?;
            return Ok(Answer::No);
        }
        for (design, accuracy) in self.known.clone() {
            let outcome = self.outcome(&design, Some(accuracy))?;
            search.adopt(&space_genes::encode(&self.space, &design), outcome)?;
        }
        let (mut spent, mut misses, mut told) = (0, 0, 0);
        let started = Instant::now();
        let reason = loop {
            if self.obey(&mut search)? {
                break format!("after {spent} measurements");
            }
            if spent >= arguments.evaluations {
                break format!("{spent} designs are measured");
            }
            if let Some(reason) = search.stop_reason() {
                break reason.to_string();
            }
            let space = &self.space;
            let Some(proposal) = search.ask_repaired(1, &|genes| space_genes::repair(space, genes)).pop() else {
                break "every design has been looked at".into();
            };
            if self.judge(&mut search, proposal)? {
                (spent, misses) = (spent + 1, 0);
            } else {
                misses += 1;
                if misses > MISSES {
                    break format!("{MISSES} designs in a row missed the limits");
                }
            }
            told = self.tell_generations(&search, told, arguments.evaluations, started)?;
        };
        self.tell(Event::Finished { reason })?;
        self.print_front(&search);
        Ok(Answer::Yes)
    }

    /// The smallest network at every split: if anything fits, one of these is near it.
    fn starts(&self) -> Vec<Box<[u8]>> {
        let genome = self.space.smallest();
        let ratio = self.space.split.ratios.last().copied().unwrap_or(1);
        let bits = self.space.split.bits.last().copied().unwrap_or(8);
        let design = |split| {
            let fusion = self.space.fusions(&genome, split).first().copied().unwrap_or(split);
            let design = self.space.canonical_design(Design { genome: genome.clone(), split, fusion, ratio, bits });
            space_genes::encode(&self.space, &design).into()
        };
        self.space.splits(&genome).into_iter().map(design).collect()
    }

    /// Why no design can meet the limits, if the smallest network does at no split.
    fn hopeless(&self) -> Result<Option<String>> {
        let cuts = smallest_cuts(&self.space, &self.profile)?;
        Ok(why_none(&cuts, &self.knobs).map(|missed| {
            let list = shortfall_list(&missed);
            format!("no design meets the limits, not even the smallest network at any split: {list}")
        }))
    }

    /// Tells a proposal's outcome; measures it if it meets the limits. Says whether it was measured now.
    fn judge(&mut self, search: &mut Search, proposal: Proposal) -> Result<bool> {
        let design = space_genes::decode(&self.space, &proposal.genes);
        let unmeasured = self.outcome(&design, None)?;
        let (accuracy, fresh) = if unmeasured.violation > 0.0 {
            (None, false)
        } else if let Some(&accuracy) = self.known.get(&design) {
            (Some(accuracy), false)
        } else {
            let Some(accuracy) = self.measure(&design)? else {
                search.withdraw(proposal.id)?;
                return Ok(false);
            };
            (Some(accuracy), true)
        };
        let outcome = if accuracy.is_some() { self.outcome(&design, accuracy)? } else { unmeasured };
        search.tell(proposal.id, outcome)?;
        Ok(fresh)
    }

    /// Measures a design unless another process does, and remembers it.
    fn measure(&mut self, design: &Design) -> Result<Option<f64>> {
        let text = self.space.print_design(design);
        let views = self.knobs.sensors;
        let subject = Subject { design: text.clone(), views, subset: Subset::Validation, step: self.step };
        match self.store.claim(&subject, CLAIM)? {
            Claim::Held => return Ok(None),
            Claim::Measured(found) => {
                self.known.insert(design.clone(), found.accuracy);
                return Ok(Some(found.accuracy));
            }
            Claim::Granted => {}
        }
        let started = Instant::now();
        let route = Route::of_design(&self.space, design);
        let objects = &self.inputs.data().split.validation;
        let device = self.settings.device.open();
        let found = measure(&self.supernet, &route, &self.inputs, objects, views as usize, &self.settings, &device)?;
        self.store.record(&measurement(subject, found, started))?;
        self.known.insert(design.clone(), found.accuracy);
        let (step, samples, accuracy) = (self.step, found.objects as u64, found.accuracy);
        self.tell(Event::Evaluated { step, role: "search".into(), design: text, views, accuracy, samples })?;
        Ok(Some(accuracy))
    }

    /// Does what the user asks. Says whether to stop.
    fn obey(&mut self, search: &mut Search) -> Result<bool> {
        let (log, store) = (&mut self.log, &self.store);
        let orders = steer::orders(&mut self.inbox, &self.owner, &mut |event| {
            log.tell(&event);
            store.append(&event)?;
            Ok(())
        })?;
        for order in &orders {
            if let Control::Limits(values) = order {
                self.change_limits(search, values)?;
            }
        }
        Ok(orders.contains(&Control::Stop))
    }

    /// Judges everything evaluated anew; nothing is measured again.
    fn change_limits(&mut self, search: &mut Search, values: &BTreeMap<String, f64>) -> Result<()> {
        if let Err(error) = self.move_knobs(values) {
            return self.tell(Event::Warning { text: format!("{error:#}") });
        }
        search.reassess(&mut |genes| {
            let design = space_genes::decode(&self.space, genes);
            let known = self.known.get(&design).copied();
            match self.outcome(&design, known) {
                // Not measured with this number of sensors: as far from the limits as can be, until it is.
                Ok(outcome) if known.is_none() && outcome.violation == 0.0 => Outcome::new(&[], f64::INFINITY),
                Ok(outcome) => outcome,
                Err(_) => Outcome::new(&[], f64::INFINITY),
            }
        });
        let shown =
            |(name, &value): (&String, &f64)| KnobId::named(name).map(|id| format!("{name} {}", id.knob().show(value)));
        let text = values.iter().filter_map(shown).collect::<Vec<_>>().join(", ");
        self.tell(Event::LimitsChanged { text })
    }

    fn tell_generations(&mut self, search: &Search, told: usize, wanted: usize, started: Instant) -> Result<usize> {
        let new: Vec<Event> = search.generations()[told..]
            .iter()
            .map(|generation| Event::Generation {
                generation: generation.index as u32,
                evaluations: generation.evaluations as u64,
                hypervolume: generation.hypervolume,
                front: generation.front_size as u32,
                cache_hits: generation.duplicates_avoided as u64,
                wanted: wanted as u64,
                reassessments: generation.reassessments as u32,
                operators: operators(&generation.operators),
                seconds: started.elapsed().as_secs_f64(),
            })
            .collect();
        for event in new {
            self.tell(event)?;
        }
        Ok(search.generations().len())
    }

    fn print_front(&mut self, search: &Search) {
        let mut front: Vec<(&Outcome, Design)> = search
            .archive()
            .front()
            .map(|entry| (&entry.outcome, space_genes::decode(&self.space, &entry.genes)))
            .collect();
        front.sort_by(|a, b| a.0.objectives[0].total_cmp(&b.0.objectives[0]));
        for (outcome, design) in front {
            let rest: Vec<String> = self
                .objectives
                .iter()
                .zip(&outcome.objectives[1..])
                .map(|(objective, &value)| match objective {
                    Objective::Latency => crate::cost::show::seconds(value),
                    Objective::Energy => crate::cost::show::joules(value),
                    Objective::Memory => crate::cost::show::bytes(value as u64),
                })
                .collect();
            let accuracy = (1.0 - outcome.objectives[0]) * 100.0;
            let text = format!("front: {accuracy:5.1} %  {}  {}", rest.join("  "), self.space.print_design(&design));
            self.log.note(&text);
        }
    }
}

/// The operators that made something: name, designs evaluated, those of them that came onto the front.
fn operators(tallies: &Tallies) -> Vec<(String, u64, u64)> {
    let all = Operator::ALL.into_iter().map(|operator| (operator, tallies.get(operator)));
    let used = all.filter(|(_, tally)| tally.evaluated > 0);
    used.map(|(operator, tally)| (operator.name().to_owned(), tally.evaluated as u64, tally.successes as u64)).collect()
}

/// Sum over the limits of the share by which each is missed.
fn violation(found: &Evaluation, knobs: &Knobs) -> f64 {
    if found.feasible() {
        return 0.0;
    }
    let over =
        |value: f64, limit: Option<f64>| limit.map_or(0.0, |limit| ((value - limit) / limit.max(1e-12)).max(0.0));
    let sum = over(found.latency.total_s(), knobs.latency_limit_s)
        + over(found.energy_j, knobs.energy_limit_j)
        + over(found.sensor_peak_bytes as f64, Some(knobs.sensor_memory_bytes as f64))
        + over(found.latency.period_s(), knobs.frame_rate_floor_hz.map(f64::recip));
    // What is broken but not in this sum (weights that do not fit) still counts.
    sum.max(1e-6)
}
