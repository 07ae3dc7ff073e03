//! `splitscope picture`: the explorer's screen as SVG, drawn by the same code as in the terminal; with `--design`, what
//! cameras see of an object, what is sent, and what can be rebuilt.

mod arguments;
mod object;

use anyhow::{Context, Result};

use super::load::NamedRun;
use super::output::say;
use super::usage::refuse;
use super::{Answer, explore, load, network};
use crate::explore::{DEFAULT_POOL, Session};
use crate::files;
use crate::space::ImportRules;
use crate::tui::{self, Screen, UiState};
pub(super) use arguments::{Arguments, size};

pub(super) fn run(arguments: &Arguments) -> Result<Answer> {
    if let Some(run) = &arguments.serve {
        return object::serve(run);
    }
    if let Some(design) = &arguments.design {
        return object::run(arguments, design);
    }
    let of_object = [
        ("--object", arguments.object > 0),
        ("--views", arguments.views.is_some()),
        ("--png", arguments.png.is_some()),
        ("--json", arguments.json),
        ("--ascii", arguments.ascii),
    ];
    if let Some((name, _)) = of_object.iter().find(|(_, given)| *given) {
        refuse!("{name} is for the pictures of an object: --design names the design");
    }
    let (width, height) = size(&arguments.size)?;
    let scheme = explore::scheme(&arguments.theme)?;
    let Some(screen) = Screen::named(&arguments.screen) else {
        refuse!("no screen `{}` ({})", arguments.screen, Screen::ALL.map(Screen::name).join(", "));
    };
    let (profile, _) = load::profile(&arguments.profile)?;
    let run = arguments.run.as_deref().map(NamedRun::open).transpose()?;
    let space = if arguments.networks.is_empty() {
        network::needs_network(&arguments.import)?;
        load::space_or_of_run(arguments.space.as_deref(), run.as_ref())?.0
    } else {
        network::space(&arguments.networks, &arguments.import, ImportRules::default(), &profile)?
    };
    let mut session = Session::new(space, profile, DEFAULT_POOL, 0);
    load::replay_shown(&mut session, run.as_ref(), arguments.no_run)?;
    let mut ui = UiState { screen, ..UiState::default() };
    tui::play(&mut session, &mut ui, &arguments.keys);
    if let Some(scene) = arguments.scene {
        let scenes = tui::scenes(session.space());
        if !(1..=scenes).contains(&scene) {
            refuse!("there is no scene {scene} of the tour (1 to {scenes})");
        }
        tui::scene(&mut session, &mut ui, scene - 1);
    }
    // What is said for a few seconds has gone by then.
    ui.now_ms += 60_000;
    let text = tui::picture(&session, &ui, (width, height), scheme);
    match &arguments.output {
        Some(path) => {
            files::write(path, text.as_bytes()).with_context(|| format!("{} can't be written", path.display()))?;
        }
        None => say!("{text}")?,
    }
    Ok(Answer::Yes)
}
