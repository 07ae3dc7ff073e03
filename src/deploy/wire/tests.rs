//! Sensors and aggregators in one process, and peers that break the protocol.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use super::frame::{HEADER, VERSION, WireFrame};
use super::joining::{Entrance, EntranceNews, Newcomer};
use super::message::{Hello, Peer, Preparing, WireMessage};
use super::roster::Roster;
use super::sensor::{self, SensorHalf, SensorPreparation, SensorSummary};
use super::{Aggregator, AggregatorSettings, CameraImages, Pacing, WireError};
use crate::data::{Dataset, Rig, Samples, Splits};
use crate::deploy::deployment::Deployment;
use crate::deploy::graph::{DeploymentGraph, DeploymentNode, GraphOperator, GraphTensor, ViewFusion};
use crate::deploy::link::{LinkCodes, LinkFormat};
use crate::deploy::manifest::ImageFormat;
use crate::kernels::CodeGrid;
use crate::network::Shape;
use crate::record::{Precision, RunningEvent, RunningObject, RunningSummary};

/// Wait that no test needs.
const LONG: Duration = Duration::from_mins(30);
/// Wait that is over at once.
const SHORT: Duration = Duration::from_millis(20);
const DIGEST: &str = "d1";
const OBJECTS: u32 = 4;

/// Sends four pixels; the class is the brightest one in any view.
fn deployment(fusion: ViewFusion) -> Deployment {
    let (shape, grid) = (Shape::new(1, 2, 2), CodeGrid::covering(0.0, 1.0, 8));
    let tensor = |name: &str, images, grid| GraphTensor { name: name.into(), images, shape, grid };
    let node = |operator, output| DeploymentNode { operator, inputs: vec![0], output };
    let sent = node(GraphOperator::Requantise, tensor("codes", 1, Some(grid)));
    let mut fused = node(GraphOperator::FuseViews(fusion.clone()), tensor("fused", 1, None));
    if fusion == ViewFusion::Concat {
        fused.output.shape.channels = 2;
    }
    Deployment {
        design: "brightest".into(),
        precision: Precision::Int8,
        views: 2,
        sensor: DeploymentGraph { name: "sensor".into(), input: tensor("image", 1, None), nodes: vec![sent] },
        aggregator: DeploymentGraph {
            name: "aggregator".into(),
            input: tensor("codes", 2, Some(grid)),
            nodes: vec![fused],
        },
        link: LinkFormat { bits: 8, shape, codes: LinkCodes::Static(grid) },
    }
}

/// Objects whose class camera 1 sees alone; camera 0 takes all for class 0.
fn images(camera: u32) -> CameraImages {
    let mut bytes = Vec::new();
    for object in 0..OBJECTS as usize {
        bytes.extend([100, 0, 0, 0]);
        bytes.extend((0..4).map(|pixel| if pixel == object { 200 } else { 10 }));
    }
    let data = Dataset {
        name: "pixels".into(),
        classes: ["a", "b", "c", "d"].map(String::from).to_vec(),
        views: 2,
        channels: 1,
        height: 2,
        width: 2,
        samples: Samples::Memory(bytes),
        labels: (0..OBJECTS as u16).collect(),
        split: Splits { test: (0..OBJECTS).collect(), ..Splits::default() },
        rig: Rig::Loose,
        mirror: false,
        skipped: Vec::new(),
        licence: String::new(),
    };
    let image = ImageFormat { shape: Shape::new(1, 2, 2), mean: vec![0.0], deviation: vec![1.0] };
    CameraImages::new(data, camera, &image).unwrap()
}

/// Aggregator on a thread of its own, and its events.
struct Running {
    address: String,
    events: Receiver<RunningEvent>,
    result: thread::JoinHandle<Result<RunningSummary, WireError>>,
}

fn running() -> Running {
    running_by(Instant::now)
}

/// Seconds by which the clocks of two tests are ahead.
static AHEAD_S: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];

fn stepped_clock<const TEST: usize>() -> Instant {
    Instant::now() + Duration::from_secs(AHEAD_S[TEST].load(Ordering::SeqCst))
}

/// Aggregator that waits for sensors by this clock.
fn running_by(clock: fn() -> Instant) -> Running {
    let settings = AggregatorSettings {
        classes: Vec::new(),
        objects: None,
        shared_link: true,
        predicted: None,
        wait: LONG,
        timeout: LONG,
    };
    let deployment = deployment(ViewFusion::Max);
    let mut aggregator = Aggregator::bind("127.0.0.1:0", deployment, DIGEST.into(), settings).unwrap();
    aggregator.clock = clock;
    let address = aggregator.address().unwrap().to_string();
    let (sender, events) = mpsc::channel();
    let result = thread::spawn(move || aggregator.run(&mut |event| sender.send(event).unwrap_or_default()));
    Running { address, events, result }
}

impl Running {
    /// Sets the clock of a test forward until nothing is waited for any more.
    fn end_of_wait<const TEST: usize>(self) -> Result<RunningSummary, WireError> {
        while !self.result.is_finished() {
            AHEAD_S[TEST].fetch_add(LONG.as_secs(), Ordering::SeqCst);
            thread::sleep(Duration::from_millis(5));
        }
        self.result.join().unwrap()
    }

    /// Connection that has said which camera it is.
    fn joining(&self, camera: u32) -> TcpStream {
        let images = images(camera.min(1));
        let (fingerprint, objects) = (images.fingerprint(), images.objects());
        self.saying(Hello { digest: DIGEST.into(), camera, fingerprint, objects, pacing: None })
    }

    fn saying(&self, hello: Hello) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        sensor::write(&stream, 0, &WireMessage::Hello(hello)).unwrap();
        stream
    }

    /// Sensor on a thread of its own.
    fn sensor(&self, camera: u32) -> thread::JoinHandle<Result<SensorSummary, WireError>> {
        let stream = TcpStream::connect(&self.address).unwrap();
        thread::spawn(move || {
            let (deployment, images) = (deployment(ViewFusion::Max), images(camera));
            let half = SensorHalf {
                deployment: &deployment,
                digest: DIGEST,
                images: &images,
                camera,
                pacing: Some(Pacing { bytes_per_s: 1e6, latency_s: 1e-6 }),
                timeout: LONG,
            };
            half.run(&stream, &mut || ())
        })
    }

    /// The first event that fits.
    fn until(&self, fits: impl Fn(&RunningEvent) -> bool) -> RunningEvent {
        self.events.iter().find(fits).expect("the aggregator still runs")
    }

    fn joined(&self) {
        self.until(|event| matches!(event, RunningEvent::Joined { .. }));
    }

    fn refusal(&self) -> String {
        match self.until(|event| matches!(event, RunningEvent::Refused { .. })) {
            RunningEvent::Refused { reason, .. } => reason,
            _ => String::new(),
        }
    }

    fn loss(&self) -> String {
        match self.until(|event| matches!(event, RunningEvent::Lost { .. })) {
            RunningEvent::Lost { reason, .. } => reason,
            _ => String::new(),
        }
    }
}

fn answer(stream: &mut TcpStream) -> Result<WireMessage, WireError> {
    WireMessage::of_frame(WireFrame::read(stream, &|kind| Peer::Aggregator.most(kind))?)
}

/// First question to a sensor that has joined.
fn asked(stream: &mut TcpStream) -> WireMessage {
    loop {
        match answer(stream).unwrap() {
            WireMessage::Welcome | WireMessage::Waiting => {}
            other => return other,
        }
    }
}

fn bytes(message: &WireMessage) -> Vec<u8> {
    message.to_frame(7).to_bytes()
}

#[test]
fn two_sensors_and_an_aggregator_classify_what_they_see() {
    let running = running();
    let sensors = [running.sensor(0), running.sensor(1)];
    let objects: Vec<RunningObject> = running
        .events
        .iter()
        .filter_map(|event| if let RunningEvent::Object(object) = event { Some(object) } else { None })
        .collect();
    let summary = running.result.join().unwrap().unwrap();
    assert_eq!((summary.objects, summary.correct, summary.complete, summary.unanswered), (4, 4, 4, 0));
    assert_eq!(summary.code_bytes, 4 * 2 * deployment(ViewFusion::Max).link.bytes());
    assert_eq!(objects.iter().map(|object| object.object).collect::<Vec<_>>(), [0, 1, 2, 3]);
    for object in objects {
        assert_eq!((object.class, &object.cameras[..]), (object.label, &[0, 1][..]));
        let model = object.link_model_s.unwrap();
        assert!((model - (1e-6 + 8e-6)).abs() < 1e-12, "one camera after the other: {model}");
        assert!(object.measured.link_s >= model, "codes are not there before the link has carried them");
    }
    for sensor in sensors {
        let SensorSummary { objects, code_bytes, .. } = sensor.join().unwrap().unwrap();
        assert_eq!((objects, code_bytes), (4, 16));
    }
}

#[test]
fn a_lost_sensor_costs_its_view_and_may_come_again() {
    let running = running();
    let mut vanishing = running.joining(1);
    running.joined();
    let kept = running.sensor(0);
    assert_eq!(answer(&mut vanishing).unwrap(), WireMessage::Welcome);
    assert_eq!(answer(&mut vanishing).unwrap(), WireMessage::Sense);
    drop(vanishing);
    assert!(running.loss().contains("closed"));
    let summary = running.result.join().unwrap().unwrap();
    // Camera 0 alone takes all for class 0.
    assert_eq!((summary.objects, summary.correct, summary.complete), (4, 1, 0));
    assert_eq!(summary.code_bytes, 4 * 4);
    kept.join().unwrap().unwrap();
}

#[test]
fn what_was_classified_is_told_when_all_sensors_are_lost_for_good() {
    let running = running_by(stepped_clock::<1>);
    let mut sensors = [running.joining(0), running.joining(1)];
    for stream in &mut sensors {
        assert_eq!(asked(stream), WireMessage::Sense);
        sensor::write(stream, 0, &WireMessage::Sensed { label: 0, seconds: 0.0 }).unwrap();
    }
    for stream in &mut sensors {
        assert!(matches!(asked(stream), WireMessage::Send(_)));
        sensor::write(stream, 0, &WireMessage::Codes(vec![0; 4])).unwrap();
    }
    for stream in &mut sensors {
        assert_eq!(asked(stream), WireMessage::Sense);
    }
    drop(sensors);
    let summary = running.end_of_wait::<1>().unwrap();
    assert_eq!((summary.objects, summary.unanswered), (1, 3));
}

#[test]
fn a_camera_that_never_came_is_not_said_to_have_been_silent() {
    let reason = WireError::Absent(Duration::from_secs(4)).to_string();
    assert_eq!(reason, "it has not come within 4 s");
}

/// The first process at an entrance.
fn newcomer(entrance: &Entrance) -> Newcomer {
    match entrance.wait(LONG).unwrap() {
        EntranceNews::Newcomer(newcomer) => newcomer,
        EntranceNews::Preparing(preparing) => panic!("{preparing:?}"),
    }
}

#[test]
fn a_sensor_joins_once_it_has_made_its_images_and_the_others_wait() {
    let running = running();
    let mut first = running.joining(0);
    running.joined();
    assert_eq!(answer(&mut first).unwrap(), WireMessage::Welcome);
    let slow = TcpStream::connect(&running.address).unwrap();
    let preparation = SensorPreparation::begin(&slow, DIGEST, 1, LONG).unwrap();
    preparation.show(3, 4);
    running.until(|event| matches!(event, RunningEvent::Preparing { camera: 1, done: 3, total: 4 }));
    // A sensor that has joined is told that others are waited for.
    assert_eq!(answer(&mut first).unwrap(), WireMessage::Waiting);
    drop(preparation);
    // One that goes while others are waited for is lost at once, and may come again.
    drop(first);
    running.loss();
    let kept = running.sensor(0);
    let images = images(1);
    let deployment = deployment(ViewFusion::Max);
    let half =
        SensorHalf { deployment: &deployment, digest: DIGEST, images: &images, camera: 1, pacing: None, timeout: LONG };
    assert_eq!(half.run(&slow, &mut || ()).unwrap().objects, 4);
    assert_eq!(running.result.join().unwrap().unwrap().complete, 4);
    kept.join().unwrap().unwrap();
}

#[test]
fn signs_of_sensors_that_make_images_begin_the_wait_again_but_not_those_of_strangers() {
    // The connections are there before the aggregator looks at its clock.
    let settings = AggregatorSettings {
        classes: Vec::new(),
        objects: None,
        shared_link: true,
        predicted: None,
        wait: SHORT,
        timeout: LONG,
    };
    let sign =
        |digest: &str, camera| WireMessage::Preparing(Preparing { digest: digest.into(), camera, done: 0, total: 9 });
    let aggregator = Aggregator::bind("127.0.0.1:0", deployment(ViewFusion::Max), DIGEST.into(), settings).unwrap();
    let stranger = TcpStream::connect(aggregator.address().unwrap()).unwrap();
    for message in [sign("d2", 0), sign(DIGEST, 2)] {
        sensor::write(&stranger, 0, &message).unwrap();
    }
    let mut events = Vec::new();
    let result = aggregator.run(&mut |event| events.push(event));
    assert!(matches!(result, Err(WireError::NoSensors(_))), "{result:?}");
    assert!(!events.iter().any(|event| matches!(event, RunningEvent::Preparing { .. })), "{events:?}");
    drop(stranger);
}

#[test]
fn a_sensor_that_makes_its_images_is_waited_for_longer_than_one_wait() {
    let running = running_by(stepped_clock::<0>);
    let sensor = TcpStream::connect(&running.address).unwrap();
    let sign = WireMessage::Preparing(Preparing { digest: DIGEST.into(), camera: 1, done: 1, total: 9 });
    for _ in 0..3 {
        AHEAD_S[0].fetch_add(LONG.as_secs() * 2 / 3, Ordering::SeqCst);
        sensor::write(&sensor, 0, &sign).unwrap();
        // The events end with the aggregator.
        let is_told = running.events.iter().any(|event| matches!(event, RunningEvent::Preparing { camera: 1, .. }));
        assert!(is_told, "each sign begins the wait again");
    }
    let ended = running.end_of_wait::<0>();
    assert!(matches!(ended, Err(WireError::NoSensors(_))), "{ended:?}");
}

#[test]
fn a_sensor_that_breaks_the_protocol_is_cut_off() {
    let huge = WireFrame { kind: 7, number: 0, payload: vec![0; 5] }.to_bytes();
    let out_of_turn = WireMessage::Sensed { label: 0, seconds: 0.0 }.to_frame(3).to_bytes();
    for (wrong, expected) in [
        (huge, "it may have 4"),
        (out_of_turn, "out of turn"),
        (b"GET / HTTP/1.1\r\n\r\n12345678".to_vec(), "no message of this protocol"),
    ] {
        let running = running();
        let mut hostile = running.joining(1);
        running.joined();
        let kept = running.sensor(0);
        assert_eq!(asked(&mut hostile), WireMessage::Sense);
        hostile.write_all(&wrong).unwrap();
        assert!(running.loss().contains(expected), "{expected}");
        assert_eq!(running.result.join().unwrap().unwrap().objects, 4);
        kept.join().unwrap().unwrap();
        // It is told why, and the connection ends.
        let mut rest = Vec::new();
        let _ = hostile.read_to_end(&mut rest);
    }
}

#[test]
fn processes_that_do_not_belong_to_it_are_turned_away() {
    let running = running();
    let first = running.joining(0);
    running.joined();
    let images = images(0);
    let hello = Hello {
        digest: DIGEST.into(),
        camera: 1,
        fingerprint: images.fingerprint(),
        objects: images.objects(),
        pacing: None,
    };
    let strangers = [
        (Hello { digest: "d2".into(), ..hello.clone() }, "another design"),
        (Hello { camera: 2, ..hello.clone() }, "there is no camera 2"),
        (Hello { camera: 0, ..hello.clone() }, "has a sensor already"),
        (Hello { fingerprint: 1, ..hello.clone() }, "other data"),
    ];
    for (stranger, expected) in strangers {
        let mut stream = running.saying(stranger);
        let refusal = answer(&mut stream).unwrap();
        assert!(matches!(&refusal, WireMessage::Refused(reason) if reason.contains(expected)), "{refusal:?}");
        assert!(running.refusal().contains(expected));
    }
    let mut garbage = TcpStream::connect(&running.address).unwrap();
    garbage.write_all(&[b'x'; HEADER]).unwrap();
    assert!(running.refusal().contains("no message of this protocol"));
    drop(first);
    running.loss();
    let sensors = [running.sensor(0), running.sensor(1)];
    assert_eq!(running.result.join().unwrap().unwrap().complete, OBJECTS);
    for sensor in sensors {
        sensor.join().unwrap().unwrap();
    }
}

#[test]
fn a_sensor_with_other_data_keeps_nobody_out_once_it_has_gone() {
    let running = running();
    let images = images(0);
    let other = Hello {
        digest: DIGEST.into(),
        camera: 0,
        fingerprint: images.fingerprint() + 1,
        objects: images.objects() + 1,
        pacing: None,
    };
    let stranger = running.saying(other);
    running.joined();
    // While it is there, its data counts.
    let mut second = running.joining(1);
    assert!(matches!(answer(&mut second).unwrap(), WireMessage::Refused(_)));
    assert!(running.refusal().contains("other data"));
    drop(stranger);
    running.loss();
    let sensors = [running.sensor(0), running.sensor(1)];
    for _ in &sensors {
        running.joined();
    }
    assert_eq!(running.result.join().unwrap().unwrap().complete, OBJECTS);
    for sensor in sensors {
        sensor.join().unwrap().unwrap();
    }
}

#[test]
fn a_camera_is_free_as_soon_as_its_sensor_has_gone() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut gone = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let mut roster = Roster::new(1, 8, LONG);
    roster.admit(0, listener.accept().unwrap().0, None).unwrap();
    assert_eq!(answer(&mut gone).unwrap(), WireMessage::Welcome);
    assert!(roster.sweep().is_empty() && roster.holds(0));
    drop(gone);
    let lost = loop {
        // The thread that reads has noticed the end when it has noticed it.
        if let Some(lost) = roster.sweep().pop() {
            break lost;
        }
        thread::yield_now();
    };
    assert!(lost.camera == 0 && matches!(lost.reason, WireError::Closed), "{}", lost.reason);
    assert!(!roster.holds(0));
}

#[test]
fn damaged_messages_are_errors() {
    let read = |bytes: &[u8]| WireFrame::read(&mut &bytes[..], &|kind| Peer::Sensor(8).most(kind));
    let good = bytes(&WireMessage::Codes(vec![1, 2, 3]));
    assert_eq!(read(&good).unwrap().payload, [1, 2, 3]);
    assert!(matches!(read(&[]), Err(WireError::Closed)));
    for length in 1..good.len() {
        assert!(matches!(read(&good[..length]), Err(WireError::Truncated)), "{length} bytes");
    }
    for at in 0..good.len() {
        let mut damaged = good.clone();
        damaged[at] ^= 4;
        assert!(read(&damaged).is_err(), "byte {at} is damaged");
    }
    let with = |at: usize, value: &[u8]| {
        let mut changed = good.clone();
        changed[at..at + value.len()].copy_from_slice(value);
        read(&changed).unwrap_err()
    };
    assert!(matches!(with(4, &(VERSION + 1).to_le_bytes()), WireError::Version { found: 3, own: 2 }));
    assert!(matches!(with(6, &99_u16.to_le_bytes()), WireError::Unexpected(99)));
    let length = with(12, &u32::MAX.to_le_bytes());
    assert!(matches!(length, WireError::Length { found: u32::MAX, most: 8, .. }), "no memory is taken: {length}");
    assert!(matches!(with(HEADER, &[9]), WireError::Damaged));
    // A message that the other side sends.
    assert!(matches!(read(&bytes(&WireMessage::Sense)), Err(WireError::Unexpected(4))));
}

#[test]
fn a_connection_that_says_nothing_or_little_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let entrance = Entrance::open(listener, 4, SHORT).unwrap();
    let mut slow = TcpStream::connect(address).unwrap();
    slow.write_all(b"SPLT").unwrap();
    let newcomer = newcomer(&entrance);
    assert!(matches!(newcomer.hello, Err(WireError::Late(_))));
    newcomer.refuse("too late");
}

#[test]
fn only_so_many_connections_may_say_nothing_at_a_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let entrance = Entrance::open(listener, 2, LONG).unwrap();
    let idle = [TcpStream::connect(address).unwrap(), TcpStream::connect(address).unwrap()];
    let mut third = TcpStream::connect(address).unwrap();
    assert_eq!(third.read(&mut [0; 8]).unwrap_or(0), 0, "it is closed");
    drop(idle);
    assert!(matches!(newcomer(&entrance).hello, Err(WireError::Closed)));
}

#[test]
fn a_sensor_that_is_late_is_lost() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let mut roster = Roster::new(2, 8, SHORT);
    roster.admit(1, listener.accept().unwrap().0, None).unwrap();
    let lost = roster.gather(0, &[1], Duration::ZERO, &mut |_| Ok(()));
    assert!(matches!(&lost[..], [lost] if lost.camera == 1 && matches!(lost.reason, WireError::Late(_))));
    assert!(roster.cameras().is_empty());
    drop(silent);
}

#[test]
fn a_sensor_survives_an_aggregator_that_breaks_the_protocol() {
    let (deployment, images) = (deployment(ViewFusion::Max), images(0));
    let half =
        SensorHalf { deployment: &deployment, digest: DIGEST, images: &images, camera: 0, pacing: None, timeout: LONG };
    let meet = |says: &[WireMessage]| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut other, _) = listener.accept().unwrap();
        for message in says {
            other.write_all(&message.to_frame(1).to_bytes()).unwrap();
        }
        other.shutdown(std::net::Shutdown::Write).unwrap();
        let result = half.run(&stream, &mut || ());
        drop(other);
        result
    };
    assert!(matches!(meet(&[]), Err(WireError::Closed)));
    assert!(matches!(meet(&[WireMessage::Refused("no".into())]), Err(WireError::Refused(_))));
    assert!(matches!(meet(&[WireMessage::Codes(vec![0; 99])]), Err(WireError::Unexpected(7))));
    assert!(matches!(meet(&[WireMessage::Sense]), Err(WireError::Unexpected(4))));
    assert!(matches!(meet(&[WireMessage::Welcome, WireMessage::Send(0.0)]), Err(WireError::Content(_))));
    assert!(matches!(meet(&[WireMessage::Welcome, WireMessage::Sense, WireMessage::Sense]), Err(WireError::Closed)));
    let unknown = WireMessage::Sense.to_frame(99);
    assert!(images.image(unknown.number).is_err() && images.label(unknown.number).is_none());
    let waits = [WireMessage::Welcome, WireMessage::Waiting, WireMessage::Waiting, WireMessage::End];
    assert_eq!(meet(&waits).unwrap(), SensorSummary::default());
    let late = SensorHalf { timeout: SHORT, ..half };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    assert!(matches!(late.run(&stream, &mut || ()), Err(WireError::Late(_))));
}

#[test]
fn bytes_do_not_leave_before_their_time() {
    let pacing = Pacing { bytes_per_s: 10_000.0, latency_s: 0.005 };
    let (mut out, bytes, started) = (Vec::new(), [1; 124], Instant::now());
    pacing.write(&mut out, &bytes, 24, started).unwrap();
    assert!(started.elapsed().as_secs_f64() >= pacing.seconds(100));
    assert_eq!(out, bytes);
}

#[test]
fn a_concatenation_without_a_view_has_zeros_in_its_place() {
    let deployment = deployment(ViewFusion::Concat);
    let sent = crate::deploy::values::TensorValues::Codes(vec![255; 4]);
    let logits = deployment.conclude_with(sent.clone(), &[1]).unwrap();
    assert!(logits[..4].iter().all(|&value| value == 0.0) && logits[4..].iter().all(|&value| value > 0.9));
    assert!(deployment.conclude_with(sent.clone(), &[2]).is_err());
    assert!(deployment.conclude_with(sent, &[0, 1]).is_err());
}
