//! The page of `splitscope report` in a real browser: Chromium, if it is there, driven by the DevTools protocol.
//!
//! Chromium reads requests from its descriptor 3 and answers on 4, as JSON with a zero byte behind each. Nothing is
//! waited for but its answers.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use splitscope::network::LinkRange;
use splitscope::record::{Clipping, Measurement, MeasurementKey, Precision, Quantisation, Subset};
use splitscope::run::{Document, Manifest, RunDir};

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// Widths of a desk's and of a hand's screen, in CSS pixels.
const WIDTHS: [u32; 2] = [1280, 400];

/// A browser with one page.
struct Browser {
    process: Child,
    requests: File,
    answers: BufReader<File>,
    session: Option<String>,
    last: u64,
    /// Events that came between answers.
    events: Vec<Value>,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Browser {
    fn start(program: &str, folder: &Path) -> Self {
        let [to, from] = ["to", "from"].map(|name| folder.join(name));
        let made = Command::new("mkfifo").args([&to, &from]).status().unwrap();
        assert!(made.success());
        let line = format!(
            "exec {program} --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
             --user-data-dir=\"$2\" --remote-debugging-pipe about:blank 3<\"$0\" 4>\"$1\""
        );
        let mut command = Command::new("sh");
        command.arg("-c").arg(line).arg(&to).arg(&from).arg(folder.join("profile"));
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Opening a pipe waits for its other end; the shell opens them in this order.
        let requests = File::options().write(true).open(&to).unwrap();
        let answers = BufReader::new(File::open(&from).unwrap());
        let mut browser = Self { process, requests, answers, session: None, last: 0, events: Vec::new() };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attached =
            browser.call("Target.attachToTarget", json!({ "targetId": target["targetId"], "flatten": true }));
        browser.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Log", "Network", "Accessibility"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    fn message(&mut self) -> Value {
        let mut text = Vec::new();
        self.answers.read_until(0, &mut text).unwrap();
        assert_eq!(text.pop(), Some(0), "the browser has ended");
        serde_json::from_slice(&text).unwrap()
    }

    fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.last += 1;
        let mut request = json!({ "id": self.last, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            request["sessionId"] = json!(session);
        }
        self.requests.write_all(format!("{request}\0").as_bytes()).unwrap();
        loop {
            let message = self.message();
            if message["id"] == json!(self.last) {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    fn wait_for(&mut self, event: &str) {
        while !self.events.iter().any(|one| one["method"] == event) {
            let message = self.message();
            self.events.push(message);
        }
    }

    fn evaluate(&mut self, script: &str) -> Value {
        let answer = self.call("Runtime.evaluate", json!({ "expression": script, "returnByValue": true }));
        answer["result"]["value"].clone()
    }

    /// Events of one kind that have come.
    fn events_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Value> {
        self.events.iter().filter(move |one| one["method"] == name).map(|one| &one["params"])
    }
}

/// A run with measurements that were never trained for: the page does not need the weights.
fn run(folder: &Path) -> PathBuf {
    let document = |name: &str, text: &str| Document { name: name.into(), text: text.into(), ..Document::default() };
    let space = document("tabletop", include_str!("../spaces/tabletop.toml"));
    let profile = document("glasses", include_str!("../profiles/glasses.toml"));
    let manifest = Manifest::new("seen", 1, "arrangement-10", space, profile, toml::Table::new());
    let run = RunDir::create(&folder.join("seen"), &manifest).unwrap();
    let (store, space) = (run.store().unwrap(), manifest.search_space().unwrap());
    let genome = space.print(&space.largest());
    for (split, accuracy) in [("S2.1", 0.91), ("S2.2", 0.93), ("S3.1", 0.92)] {
        for (subset, samples) in [(Subset::Validation, 480), (Subset::Test, 2640)] {
            let key = MeasurementKey {
                design: format!("{genome}@{split}/S3.2:r4b8"),
                views: 6,
                lost: 0,
                subset,
                step: 100,
                precision: Precision::Int8,
            };
            let quantisation =
                Some(Quantisation { clipping: Clipping::Mse, link_range: LinkRange::Static, code_entropy: 3.0 });
            let (calibration_batches, seconds) = (4, 1.0);
            let one = Measurement { key, accuracy, samples, calibration_batches, seconds, quantisation };
            assert!(store.record(&one).unwrap());
        }
    }
    run.path().to_owned()
}

#[test]
fn the_report_is_sound_in_a_browser() {
    let there = |name: &&&str| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success());
    let Some(program) = NAMES.iter().find(there) else {
        println!("skipped: no Chromium ({}); on Debian: apt-get install chromium", NAMES.join(", "));
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let mut command = Command::new(env!("CARGO_BIN_EXE_splitscope"));
    let made = command.arg("report").arg(run(folder.path())).arg("-o").arg(&page).status().unwrap();
    assert!(made.success());

    let mut browser = Browser::start(program, folder.path());
    for (width, scheme) in WIDTHS.into_iter().zip(["light", "dark"]) {
        browser.events.clear();
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600 });
        browser.call("Emulation.setDeviceMetricsOverride", metrics);
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        browser.call("Emulation.setEmulatedMedia", media);
        browser.call("Page.navigate", json!({ "url": format!("file://{}", page.display()) }));
        browser.wait_for("Page.loadEventFired");

        let sideways = browser.evaluate("document.documentElement.scrollWidth - innerWidth");
        assert!(sideways.as_f64().unwrap() <= 0.0, "at {width} the page is {sideways} too wide");
        let ground = browser.evaluate("getComputedStyle(document.body).backgroundColor");
        assert_eq!(ground, json!(if scheme == "dark" { "rgb(22, 24, 29)" } else { "rgb(255, 255, 255)" }));
        let pictures =
            "[...document.querySelectorAll('svg')].filter(one => one.getBoundingClientRect().height > 50).length";
        assert!(browser.evaluate(pictures).as_u64().unwrap() >= 8, "pictures are drawn");
        let screenshot = browser.call("Page.captureScreenshot", json!({ "captureBeyondViewport": true }));
        // Base64; an empty page takes less than a tenth of it.
        assert!(screenshot["data"].as_str().unwrap().len() > 40_000);

        assert_names(&browser.call("Accessibility.getFullAXTree", json!({})));
        assert_eq!(browser.events_named("Runtime.consoleAPICalled").count(), 0);
        assert_eq!(browser.events_named("Runtime.exceptionThrown").count(), 0);
        let errors: Vec<&Value> = browser.events_named("Log.entryAdded").collect();
        assert!(errors.is_empty(), "{errors:?}");
        for request in browser.events_named("Network.requestWillBeSent") {
            let url = request["request"]["url"].as_str().unwrap();
            assert!(url.starts_with("file://") || url.starts_with("data:"), "the page asks for {url}");
        }
    }
    fs::remove_file(page).unwrap();
}

/// Checks what a screen reader says: one title, headings of all sections, names of pictures and tables.
fn assert_names(tree: &Value) {
    let nodes = tree["nodes"].as_array().unwrap();
    let of_role = |role: &'static str| -> Vec<&str> {
        let seen = nodes.iter().filter(|node| node["ignored"] != json!(true) && node["role"]["value"] == role);
        seen.map(|node| node["name"]["value"].as_str().unwrap_or_default()).collect()
    };
    let headings = of_role("heading");
    for heading in ["The question", "The answer", "The front", "Why the others lost", "How to reproduce"] {
        assert!(headings.contains(&heading), "{headings:?}");
    }
    for role in ["image", "table", "link", "region"] {
        let names = of_role(role);
        assert!(!names.is_empty(), "no {role}");
        assert!(names.iter().all(|name| !name.is_empty()), "a {role} has no name: {names:?}");
    }
    assert_eq!(of_role("main").len(), 1);
}
