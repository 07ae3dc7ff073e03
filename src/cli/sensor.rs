//! `splitscope sensor`: the sensor half of an exported design, at work for an aggregator over the network.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::aggregator::seconds;
use super::halves::ReadHalves;
use super::measure::precision;
use super::output::{note, say};
use super::progress::ProgressBar;
use super::train::use_threads;
use super::usage::Usage;
use super::{Answer, bounds, load};
use crate::data::{Access, Cache, DataSpec, Dataset};
use crate::deploy::{CameraImages, ExportManifest, Pacing, SensorHalf, SensorPreparation};
use crate::hardware;
use crate::quantity::{Dimension, ascii};
use crate::record::Precision;

/// Time between two attempts to reach an aggregator that does not listen yet.
const CONNECT_PAUSE: Duration = Duration::from_millis(100);

/// Arguments of `sensor`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Folder that `deploy` wrote
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Address of the aggregator
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// Number of the camera, counted from 0
    #[arg(long)]
    camera: u32,
    /// Data set that the camera sees, the same for all [default: that of the run]
    #[arg(long, value_name = "SPEC")]
    data: Option<String>,
    /// Profile whose link is kept to
    #[arg(long, default_value = hardware::DEFAULT)]
    profile: String,
    /// Bandwidth of the link in place of the profile's, for instance 2Mbit/s; its share for payload is the profile's
    #[arg(long, value_parser = bounds::bandwidth)]
    bandwidth: Option<f64>,
    /// Send as fast as the connection goes
    #[arg(long, conflicts_with_all = ["bandwidth", "profile"])]
    unpaced: bool,
    /// Precision of the halves: int8 or float
    #[arg(long, default_value = "int8", value_parser = precision)]
    precision: Precision,
    /// Seconds to reach the aggregator
    #[arg(long, default_value_t = 60.0, value_name = "SECONDS", value_parser = seconds)]
    wait: f64,
    /// Seconds after which an aggregator that says nothing is given up
    #[arg(long, default_value_t = 120.0, value_name = "SECONDS", value_parser = seconds)]
    timeout: f64,
    /// Threads that make the images; 0 takes all cores
    #[arg(long, default_value_t = 1, value_parser = bounds::threads())]
    threads: usize,
    /// Print one JSON object at the end
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    let ReadHalves { manifest, deployment, digest } = ReadHalves::read(&arguments.folder, arguments.precision)?;
    let pacing = pacing(arguments)?;
    use_threads(arguments.threads)?;
    let timeout = Duration::from_secs_f64(arguments.timeout);
    let stream = connect(&arguments.to, Duration::from_secs_f64(arguments.wait))?;
    // The aggregator waits as long as there are signs that images are made.
    let preparation = SensorPreparation::begin(&stream, &digest, arguments.camera, timeout)?;
    let data = data(arguments, &manifest, &preparation)?;
    let images = CameraImages::new(data, arguments.camera, &manifest.image)?;
    let half = SensorHalf {
        deployment: &deployment,
        digest: &digest,
        images: &images,
        camera: arguments.camera,
        pacing,
        timeout,
    };
    drop(preparation);
    let mut joined = || note!("camera {} has joined {}", arguments.camera, arguments.to);
    let summary = half.run(&stream, &mut joined)?;
    if arguments.json {
        let (objects, code_bytes) = (summary.objects, summary.code_bytes);
        say!("{}", json!({ "objects": objects, "code_bytes": code_bytes, "seconds": summary.seconds }))?;
        return Ok(Answer::Yes);
    }
    let each = summary.seconds / f64::from(summary.objects.max(1));
    let text = format!(
        "camera {}: {} objects, {} of codes, {} each in the sensor half",
        arguments.camera,
        summary.objects,
        Dimension::Bytes.format(summary.code_bytes as f64),
        Dimension::Time.format(each),
    );
    say!("{}", ascii(&text))?;
    Ok(Answer::Yes)
}

/// Speed of the camera's link.
fn pacing(arguments: &Arguments) -> Result<Option<Pacing>> {
    if arguments.unpaced {
        return Ok(None);
    }
    let (profile, _) = load::profile(&arguments.profile)?;
    let link = &profile.link;
    let camera = profile.sensor.cameras.get(arguments.camera as usize);
    let own = camera.and_then(|camera| camera.bandwidth_bytes_per_s.as_ref());
    let raw = arguments.bandwidth.unwrap_or(own.unwrap_or(&link.bandwidth_bytes_per_s).value);
    Ok(Some(Pacing { bytes_per_s: raw * link.efficiency.value, latency_s: link.latency_s.value }))
}

fn data(arguments: &Arguments, manifest: &ExportManifest, preparation: &SensorPreparation) -> Result<Dataset> {
    let (views, side) = (manifest.run.data_views, manifest.run.data_side);
    if views == 0 || side == 0 {
        bail!("{} was written by an older version; deploy the design again", arguments.folder.display());
    }
    let spec: DataSpec = arguments.data.as_deref().unwrap_or(&manifest.run.data).parse().usage()?;
    let bar = ProgressBar::new("rendering");
    let progress = |done, total| {
        bar.show(done, total);
        preparation.show(done, total);
        std::ops::ControlFlow::Continue(())
    };
    let cache = Cache::of_user();
    let access = Access {
        cache: cache.as_ref(),
        classes: Some(manifest.classes.len()),
        progress: &progress,
        ..Access::default()
    };
    let data = Dataset::open_with(&spec, views, side, manifest.image.mean.len(), access)?;
    bar.end();
    Ok(data)
}

/// Connects to an address, which may begin to answer only after a while.
fn connect(address: &str, within: Duration) -> Result<TcpStream> {
    let then = Instant::now() + within;
    let addresses: Vec<_> =
        address.to_socket_addrs().with_context(|| format!("`{address}` is no address and port"))?.collect();
    loop {
        let left = then.saturating_duration_since(Instant::now()).max(CONNECT_PAUSE);
        let mut failed = None;
        for address in &addresses {
            match TcpStream::connect_timeout(address, left) {
                Ok(stream) => return Ok(stream),
                Err(error) => failed = Some(error),
            }
        }
        if Instant::now() >= then {
            let error = failed.map_or_else(|| anyhow::anyhow!("it has no address"), anyhow::Error::from);
            return Err(error.context(format!("no aggregator answers at {address}")));
        }
        thread::sleep(CONNECT_PAUSE);
    }
}
