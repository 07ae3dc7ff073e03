//! Settings of a training on the command line.

use anyhow::{Context, Result};

use crate::cli::bounds;
use crate::cli::usage::Usage;
use crate::diagnostic::Source;
use crate::train::{DeviceKind, Settings};

/// Settings that can be given on the command line.
#[derive(Debug, Default, Clone, clap::Args)]
pub(in crate::cli) struct SettingFlags {
    /// Number of training steps
    #[arg(long)]
    steps: Option<u64>,
    /// Seed of all randomness
    #[arg(long, value_parser = bounds::seed())]
    seed: Option<u64>,
    /// Device: auto, flex, ndarray, or cuda and wgpu where they are compiled in
    #[arg(long)]
    device: Option<DeviceKind>,
    /// Threads; 0 takes all cores
    #[arg(long, value_parser = bounds::threads())]
    threads: Option<usize>,
    /// GPUs of this machine that train together, with --device cuda
    #[cfg(feature = "cuda")]
    #[arg(long, value_parser = bounds::cards())]
    cards: Option<usize>,
    /// Any other setting of run.toml, for instance `learning-rate=0.005`
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl SettingFlags {
    /// Those of the flags that may differ from one start of a run to the next: threads and device, not what is learned.
    pub(super) fn of_this_start(&self) -> Self {
        Self { device: self.device, threads: self.threads, ..Self::default() }
    }

    /// The device, if one is named.
    #[cfg(feature = "cuda")]
    pub(super) fn device(&self) -> Option<DeviceKind> {
        self.device
    }

    /// GPUs that train together, if they are several.
    #[cfg(feature = "cuda")]
    pub(super) fn several_cards(&self) -> Option<usize> {
        self.cards.filter(|&cards| cards > 1)
    }

    /// Notes on the flags that ask for something else than the settings of a run, which its training keeps.
    pub(super) fn ignored(&self, settings: &Settings) -> Result<Vec<String>> {
        let (kept, asked) = (self.of_this_start().over(settings)?, self.over(settings)?);
        let (kept, asked) = (toml::Table::try_from(&kept)?, toml::Table::try_from(&asked)?);
        let differing = asked.iter().filter(|(key, value)| kept.get(*key) != Some(value));
        let note = |(key, value): (&String, &toml::Value)| {
            let present = kept.get(key).map_or_else(|| "none".to_owned(), ToString::to_string);
            format!("{key} stays {present}, as the run has it, not {value}: start another run for another value")
        };
        Ok(differing.map(note).collect())
    }

    /// The settings with the flags laid over them.
    pub(in crate::cli) fn over(&self, settings: &Settings) -> Result<Settings> {
        let mut settings = with_settings(settings, &self.set)?;
        settings.steps = self.steps.unwrap_or(settings.steps);
        settings.seed = self.seed.unwrap_or(settings.seed);
        settings.device = self.device.unwrap_or(settings.device);
        settings.threads = self.threads.unwrap_or(settings.threads);
        settings.check().map_err(anyhow::Error::msg).usage()?;
        Ok(settings)
    }
}

/// The settings with those of `KEY=VALUE` texts laid over them, if a training can go by them.
pub(in crate::cli) fn with_settings(settings: &Settings, texts: &[String]) -> Result<Settings> {
    let mut table = toml::Table::try_from(settings)?;
    for text in texts {
        let (key, value) = text.split_once('=').with_context(|| format!("`{text}` is not KEY=VALUE")).usage()?;
        let parsed = format!("v = {value}").parse::<toml::Table>().ok().and_then(|mut table| table.remove("v"));
        table.insert(key.trim().to_owned(), parsed.unwrap_or_else(|| value.into()));
    }
    let settings: Settings = Source::new("settings", toml::to_string(&table)?).parse().usage()?;
    settings.check().map_err(anyhow::Error::msg).usage()?;
    Ok(settings)
}
