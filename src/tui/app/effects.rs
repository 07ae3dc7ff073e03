//! Effects: child processes, files, the clipboard.

use std::{collections::BTreeMap, ffi::OsString, io, path::PathBuf};

use super::{
    App, background::Background, following::Following, opened_run::OpenedRun, opening::OpeningPurpose,
    report_work::write_report,
};
use crate::{
    explore::{Command, Severity, WorkRequest, progress::State},
    record::{self, Task},
    tui::{
        command::UserCommand,
        effect::{Effect, ExportFormat},
        event_reader, export,
        followed_run::FollowedRun,
    },
};

impl App {
    /// Carries out an effect, or keeps it until the terminal is at hand.
    pub(super) fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Work(request) => self.request_work(request),
            Effect::OfferRuns => self.offer_runs(),
            Effect::FollowRun(path) => self.switch_to(&path),
            Effect::ToggleSensor(camera) => self.toggle_sensor(camera),
            Effect::Seek(seek) if self.demo.is_some() => self.seek_tour(seek),
            Effect::Seek(seek) => self.seek(seek),
            Effect::Export(format) if format != ExportFormat::Svg => self.export(format),
            Effect::Export(_) => {
                // The picture is of the designs: no word on an earlier export.
                if self.session.toast(self.now_ms()).is_some_and(|message| message.severity != Severity::Error) {
                    self.act(Command::Dismiss);
                }
                self.for_terminal.push(effect);
            }
            Effect::Copy(_) | Effect::ToggleMouse | Effect::Redraw | Effect::Suspend | Effect::Quit { .. } => {
                self.for_terminal.push(effect);
            }
        }
    }

    fn request_work(&mut self, request: WorkRequest) {
        match request {
            WorkRequest::StartTraining => self.train(),
            WorkRequest::StartSearch(limits) => self.search(&limits, true),
            WorkRequest::StartFrontSearch(limits) => self.search(&limits, false),
            WorkRequest::Send(control) => {
                if matches!(control, record::Control::Limits(_)) {
                    self.moved = None;
                }
                self.send(control);
            }
            WorkRequest::Detach => self.detach(),
        }
    }

    /// The task that is at work; training first.
    pub(super) fn task(&self) -> Task {
        let is_at_work = |task| self.runs().any(|run| run.is_working(task));
        if is_at_work(Task::Search) && !is_at_work(Task::Train) { Task::Search } else { Task::Train }
    }

    /// The run that is being opened, and the one that is followed.
    fn runs(&self) -> impl Iterator<Item = &Following> {
        let opening = self.opening.iter().map(|opening| &opening.run);
        opening.chain(self.follower.iter().map(|follower| &follower.run))
    }

    fn send(&mut self, control: record::Control) {
        let task = if matches!(control, record::Control::Limits(_)) { Task::Search } else { self.task() };
        if let Some(run) = self.runs().find(|run| run.is_working(task)) {
            run.send(task, control);
        }
    }

    /// Starts a training on the run that is followed if there is something left to train, else on a new one.
    fn train(&mut self) {
        let needs_new_run = match (&self.opening, &self.follower) {
            (Some(opening), _) => opening.purpose == OpeningPurpose::Pictures,
            (None, Some(follower)) => follower.trained,
            (None, None) => true,
        };
        if needs_new_run {
            let (root, template) = (self.options.runs_root.clone(), self.options.template.clone());
            self.begin_opening(OpeningPurpose::Train, move || {
                FollowedRun::create(&root, &template).map(OpenedRun::new)
            });
        }
        let arguments = self.options.train_args.iter().map(OsString::from).collect();
        self.start(Task::Train, arguments);
    }

    /// Starts a search under limits: one that follows them, or one for a whole front.
    fn search(&mut self, limits: &BTreeMap<String, f64>, live: bool) {
        let limits = match serde_json::to_string(limits) {
            Ok(limits) => limits,
            Err(error) => return self.failed(Task::Search, error.to_string()),
        };
        let is_unpacking = self.opening.as_ref().is_some_and(|opening| opening.purpose == OpeningPurpose::Pictures);
        if self.shipped.is_some() && (self.opening.is_none() || is_unpacking) {
            self.copy_shipped();
        }
        if self.opening.is_none() && self.follower.is_none() {
            let train = self.ui.keys.key(Command::StartTraining);
            let follow = self.ui.keys.key(UserCommand::OfferRuns);
            let text = format!("no run is followed; {train} trains one, {follow} offers those that there are");
            return self.failed(Task::Search, text);
        }
        let sensors = self.session.knobs().sensors.to_string();
        let mut arguments: Vec<OsString> =
            ["--sensors", &sensors, "--limits", &limits].into_iter().map(OsString::from).collect();
        arguments.extend(live.then(|| "--live".into()));
        arguments.extend(self.options.search_args.iter().map(OsString::from));
        self.start(Task::Search, arguments);
    }

    pub(super) fn failed(&mut self, task: Task, why: String) {
        self.feed(vec![event_reader::state(task, State::Failed(why))]);
    }

    fn detach(&mut self) {
        let path = if let Some(opening) = &mut self.opening {
            opening.is_detached = true;
            "the new run".to_owned()
        } else if let Some(follower) = &mut self.follower {
            follower.detach();
            follower.path().display().to_string()
        } else {
            return;
        };
        let again = self.ui.keys.key(Command::StartTraining);
        self.say(Severity::Info, format!("the work on {path} continues in the background; {again} follows it again"));
    }

    fn export(&mut self, format: ExportFormat) {
        let (stem, extension, text) = match format {
            ExportFormat::Csv => ("designs", "csv", Ok(export::csv(&self.session))),
            ExportFormat::Json => ("designs", "json", export::json(&self.session)),
            ExportFormat::Markdown => ("designs", "md", Ok(export::markdown(&self.session))),
            ExportFormat::Session => ("session", "toml", Ok(self.ui.session_file(&self.session).to_toml())),
            ExportFormat::Report => return self.start_report(),
            ExportFormat::Svg => return,
        };
        match text {
            Ok(text) => self.save(stem, extension, &text),
            Err(error) => self.say(Severity::Error, error.to_string()),
        }
    }

    /// Begins a report, unless one is being written.
    fn start_report(&mut self) {
        if self.report_work.is_none() {
            let (session, folder) = (self.session.clone(), self.options.folder.clone());
            self.report_work = Some(Background::start(&self.waker, move || write_report(&session, &folder)));
            self.say(Severity::Info, "writing the report".to_owned());
        }
    }

    /// Says that a report is written. Returns `true` if it does.
    pub(super) fn tend_report(&mut self) -> bool {
        let Some(result) = Background::take(&mut self.report_work) else { return false };
        self.saved(result.unwrap_or_else(|died| Err(io::Error::other(died))));
        true
    }

    pub(super) fn save(&mut self, stem: &str, extension: &str, text: &str) {
        self.saved(export::save(&self.options.folder, stem, extension, text));
    }

    /// Says where a file was written, or why not.
    pub(super) fn saved(&mut self, result: io::Result<PathBuf>) {
        match result {
            Ok(path) => {
                let path = path.strip_prefix(".").unwrap_or(&path);
                self.say(Severity::Info, format!("wrote {}", path.display()));
            }
            Err(error) => {
                let folder = &self.options.folder;
                let folder = folder.canonicalize().unwrap_or_else(|_| folder.clone());
                // The error itself names the unfinished file, which the user did not name.
                self.say(Severity::Error, format!("could not write into {}: {}", folder.display(), error.kind()));
            }
        }
    }
}
