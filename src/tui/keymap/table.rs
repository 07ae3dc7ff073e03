//! The key table.

use ratatui::crossterm::event::KeyCode;

use super::{
    binding::{Binding, Group, Screens},
    key::Key,
};
use crate::{
    explore::{
        Command, DesignPart, Move as Step,
        WorkControl::{Detach, SendLimits, Stop},
    },
    tui::{
        command::{DesignFormat, MenuKind, RowMove, UserCommand},
        model::{
            brushes::BrushEnd,
            entry::Purpose,
            replay::Seek,
            screen::{ComparePane, Overlay, Screen},
        },
    },
};

/// Steps of a long move.
const MANY: i32 = 10;

const fn by_hand(part: DesignPart, steps: i32) -> Command {
    Command::Override(part, Step::By(steps))
}

const fn key(character: char) -> Key {
    Key::char(character)
}

const fn ctrl(character: char) -> Key {
    Key::ctrl(character)
}

const UP: Key = Key::plain(KeyCode::Up);
const DOWN: Key = Key::plain(KeyCode::Down);
const LEFT: Key = Key::plain(KeyCode::Left);
const RIGHT: Key = Key::plain(KeyCode::Right);
const SHIFT_LEFT: Key = Key::shift(KeyCode::Left);
const SHIFT_RIGHT: Key = Key::shift(KeyCode::Right);
const HOME: Key = Key::plain(KeyCode::Home);
const END: Key = Key::plain(KeyCode::End);
const PAGE_UP: Key = Key::plain(KeyCode::PageUp);
const PAGE_DOWN: Key = Key::plain(KeyCode::PageDown);
const ENTER: Key = Key::plain(KeyCode::Enter);
const ESC: Key = Key::plain(KeyCode::Esc);
const TAB: Key = Key::plain(KeyCode::Tab);
const BACK_TAB: Key = Key::plain(KeyCode::BackTab);
const F1: Key = Key::plain(KeyCode::F(1));
const F2: Key = Key::plain(KeyCode::F(2));

/// Makes a [`Binding`] of each line: name, keys, command, screens, chapter of the help, hint of the footer, words.
macro_rules! bindings {
    ($(
        $name:literal $keys:tt $command:ident $(($($argument:expr),+))? $({ $($field:tt)+ })?
        $screens:ident $group:ident $hint:literal $words:literal,
    )+) => {
        &[$(Binding {
            name: $name,
            command: UserCommand::$command $(($($argument),+))? $({ $($field)+ })?,
            keys: &$keys,
            screens: Screens::$screens,
            group: Group::$group,
            hint: $hint,
            words: $words,
        }),+]
    };
}

/// All rows, in the order of the footer (the most useful first) and of the help within a chapter.
pub(crate) const BINDINGS: &[Binding] = bindings! {
    "left"             [key('h'), LEFT]        Sideways(-1)                             DESIGNS Change  "adjust"      "take a step down or to the left",
    "right"            [key('l'), RIGHT]       Sideways(1)                              DESIGNS Change  ""            "take a step up or to the right",
    "next-pane"        [TAB]                   NextPane                                 DESIGNS Move    "pane"        "go to the next pane",
    "previous-pane"    [BACK_TAB]              PreviousPane                             DESIGNS Move    ""            "go to the previous pane",
    "up"               [key('k'), UP]          Rows(RowMove::Up)                        ALL     Move    ""            "move up; among events: to earlier ones",
    "down"             [key('j'), DOWN]        Rows(RowMove::Down)                      ALL     Move    "row"         "move down",
    "first"            [key('g'), HOME]        Rows(RowMove::First)                     ALL     Move    ""            "go to the first row",
    "last"             [key('G'), END]         Rows(RowMove::Last)                      ALL     Move    ""            "go to the last row",
    "page-up"          [ctrl('u'), PAGE_UP]    Rows(RowMove::PageUp)                    ALL     Move    ""            "move up half a page",
    "page-down"        [ctrl('d'), PAGE_DOWN]  Rows(RowMove::PageDown)                  ALL     Move    ""            "move down half a page",
    "go-to-explore"    [key('1')]              ShowScreen(Screen::Explore)              ALL     Move    ""            "show the Explore screen",
    "go-to-train"      [key('2')]              ShowScreen(Screen::Train)                ALL     Move    ""            "show the Train screen",
    "go-to-search"     [key('3')]              ShowScreen(Screen::Search)               ALL     Move    ""            "show the Search screen",
    "go-to-compare"    [key('4'), key('c')]    ShowScreen(Screen::Compare)              ALL     Move    ""            "show the Compare screen",
    "back"             [ESC]                   Back                                     ALL     Move    ""            "go back: close, dismiss the message, clear the filter",
    "left-many"        [key('H'), SHIFT_LEFT]  Sideways(-MANY)                          EXPLORE Change  ""            "take ten steps down",
    "right-many"       [key('L'), SHIFT_RIGHT] Sideways(MANY)                           EXPLORE Change  ""            "take ten steps up",
    "least"            [key('m')]              Session(Command::MoveKnob(Step::First))  EXPLORE Change  ""            "move the knob to its lower end",
    "most"             [key('M')]              Session(Command::MoveKnob(Step::Last))   EXPLORE Change  ""            "move the knob to its upper end",
    "open"             [ENTER]                 Open                                     EXPLORE Change  "type"        "type the knob's value, or show the design in detail",
    "split-less"       [key('[')]              Session(by_hand(DesignPart::Split, -1))  EXPLORE Change  "split"       "override the split: one boundary earlier",
    "split-more"       [key(']')]              Session(by_hand(DesignPart::Split, 1))   EXPLORE Change  ""            "override the split: one boundary later",
    "train"            [key('T')]              Session(Command::StartTraining)          ALL     Work    "train"       "start a training, or resume that of the run",
    "search"           [key('S')]              Session(Command::StartSearch)            ALL     Work    "search"      "search the trained run for what could win as the knobs move",
    "search-front"     [ctrl('n')]             Session(Command::StartFrontSearch)       ALL     Work    ""            "search the trained run for a whole front (NSGA-II)",
    "pin"              [key(' ')]              Session(Command::Pin)                    DESIGNS Look    "pin"         "pin the design, or unpin it",
    "why"              [key('x')]              ToggleOverlay(Overlay::Why)              DESIGNS Look    "why"         "show why the design fits or not, and the smallest fix",
    "tornado"          [key('o')]              ToggleOverlay(Overlay::Tornado)          DESIGNS Look    "tornado"     "show how much each knob matters to the design",
    "optimum"          [key('O')]              ToggleOverlay(Overlay::Optimum)          DESIGNS Look    ""            "show the least latency, energy and memory at every split",
    "undo"             [key('u')]              Session(Command::Undo)                   ALL     Change  "undo"        "undo the last change",
    "redo"             [ctrl('r')]             Session(Command::Redo)                   ALL     Change  ""            "redo what was undone",
    "reset"            [key('0')]              Session(Command::ResetKnob)              EXPLORE Change  "reset"       "put the knob back to the profile's value",
    "reset-all"        [key('Z')]              Session(Command::ResetKnobs)             EXPLORE Change  ""            "put all knobs back to the profile's values",
    "lock"             [key('=')]              Session(Command::LockKnob)               EXPLORE Change  ""            "lock the knob, or unlock it",
    "fusion-less"      [key('{')]              Session(by_hand(DesignPart::Fusion, -1)) EXPLORE Change  ""            "override the fusion: one boundary earlier",
    "fusion-more"      [key('}')]              Session(by_hand(DesignPart::Fusion, 1))  EXPLORE Change  ""            "override the fusion: one boundary later",
    "ratio-less"       [key('r')]              Session(by_hand(DesignPart::Ratio, -1))  EXPLORE Change  ""            "override the ratio: compress less",
    "ratio-more"       [key('R')]              Session(by_hand(DesignPart::Ratio, 1))   EXPLORE Change  ""            "override the ratio: compress more",
    "bits-less"        [key('i')]              Session(by_hand(DesignPart::Bits, -1))   EXPLORE Change  ""            "override the link bits: fewer per value",
    "bits-more"        [key('I')]              Session(by_hand(DesignPart::Bits, 1))    EXPLORE Change  ""            "override the link bits: more per value",
    "reset-hand"       [key('b')]              Session(Command::ResetOverride)          EXPLORE Change  ""            "remove the override: back to the best split",
    "history"          [key('U')]              ToggleOverlay(Overlay::History)          ALL     Change  ""            "list the steps that can be undone",
    "remember"         [key('N')]              Type(Purpose::Remember)                  ALL     Change  ""            "remember the knobs, pins and filter under a name",
    "recall"           [key('\'')]             OpenMenu(MenuKind::Recall)               ALL     Change  ""            "go back to something remembered",
    "filter"           [key('/')]              Filter                                   DESIGNS Look    "filter"      "filter the designs: acc>72 split=S3 lat<8 fits #tag",
    "sort"             [key('s')]              SortByNeighbour(1)                       DESIGNS Look    "sort"        "sort the designs by the next column",
    "reverse"          [key('a')]              ReverseOrder                             DESIGNS Look    ""            "reverse the order of the designs",
    "unit"             [key('v')]              ChooseBarQuantity(Step::By(1))           EXPLORE Look    ""            "show time, energy, link bytes, memory or frames in the bars",
    "tracks"           [key('%')]              ToggleTracks                             EXPLORE Look    ""            "show best accuracy along each knob, or how many designs fit",
    "curve"            [key('C')]              ToggleCurve                              EXPLORE Look    ""            "show best accuracy against the selected knob, or the scatter",
    "axes"             [key('V')]              OpenMenu(MenuKind::Axes)                 EXPLORE Look    ""            "choose the axes of the scatter, linear or logarithmic",
    "zoom-pane"        [key('z')]              ToggleMaximised                          EXPLORE Look    "zoom"        "maximise the pane, or restore it",
    "show-scatter"     [key('p')]              ShowScatter                              EXPLORE Look    ""            "show the scatter where there is room for one pane",
    "show-table"       [key('t')]              ShowTable                                EXPLORE Look    ""            "show the table where there is room for one pane",
    "pictures"         [key('w')]              TogglePictures                           EXPLORE Look    ""            "show what cameras see, what is sent, what can be rebuilt",
    "next-object"      [key('J')]              ShowObject(1)                            EXPLORE Look    ""            "show the pictures of the next object",
    "previous-object"  [key('K')]              ShowObject(-1)                           EXPLORE Look    ""            "show the pictures of the object before",
    "note"             [key('n')]              Type(Purpose::Note)                      DESIGNS Look    ""            "write a note on the design; words that begin with # are tags",
    "baseline"         [key('B')]              Session(Command::Baseline)               DESIGNS Look    ""            "compare with this design",
    "pin-earlier"      [key('K')]              MoveSelectedPin(-1)                      COMPARE Look    ""            "move the pinned design one place to the left",
    "pin-later"        [key('J')]              MoveSelectedPin(1)                       COMPARE Look    ""            "move the pinned design one place to the right",
    "differences-only" [key('d')]              ToggleDifferences                        COMPARE Look    "differences" "show only rows that differ, or all",
    "lower-end-up"     [key('[')]              MoveBrush(BrushEnd::Lower, 1.0)          COMPARE Look    "brush"       "brush the axis: raise the lower end",
    "lower-end-down"   [key('{')]              MoveBrush(BrushEnd::Lower, -1.0)         COMPARE Look    ""            "brush the axis: lower the lower end",
    "upper-end-down"   [key(']')]              MoveBrush(BrushEnd::Upper, -1.0)         COMPARE Look    ""            "brush the axis: lower the upper end",
    "upper-end-up"     [key('}')]              MoveBrush(BrushEnd::Upper, 1.0)          COMPARE Look    ""            "brush the axis: raise the upper end",
    "clear-brushes"    [key('0')]              ClearBrushes                             COMPARE Look    ""            "remove all brushes",
    "keep-brushed"     [key('F')]              FilterByBrushes                          COMPARE Look    "keep"        "keep only designs within the brushes: filter",
    "paradigms"        [key('p')]              FocusCompare(ComparePane::Paradigms)     COMPARE Look    "paradigms"   "show Table 1: the design, all on sensors, all on aggregator",
    "freeze"           [key('f')]              Session(Command::Freeze)                 ALL     Look    ""            "freeze the measurements, or let new ones in",
    "pause-or-resume"  [key('P')]              PauseOrResume                            ALL     Work    "pause"       "pause or resume the work",
    "stop"             [key('X')]              Session(Command::Control(Stop))          ALL     Work    "stop"        "stop the work; it can be resumed",
    "detach"           [key('D')]              Session(Command::Control(Detach))        ALL     Work    "detach"      "detach from the work, which continues",
    "send-limits"      [key('W')]              Session(Command::Control(SendLimits))    ALL     Work    ""            "send the present limits to the running search",
    "runs"             [key('A')]              OfferRuns                                ALL     Work    ""            "choose another run to follow",
    "replay-back"      [key('<')]              Seek(Seek::BACK)                         ALL     Replay  "go through"  "go back in the replayed run, or one scene",
    "replay-on"        [key('>')]              Seek(Seek::FORWARD)                      ALL     Replay  ""            "go forward in the replayed run, or one scene",
    "play"             [key(',')]              Seek(Seek::PlayOrPause)                  ALL     Replay  "play"        "play or pause the run or the tour",
    "earlier-front"    [key('[')]              EarlierFront                             SEARCH  Curves  "fronts"      "show the front of an earlier generation too",
    "later-front"      [key(']')]              LaterFront                               SEARCH  Curves  ""            "show the front of a later generation too",
    "pan-back"         [key('h'), LEFT]        PanCurves(-1)                            CURVES  Curves  "pan"         "pan to earlier values; with a crosshair: move it",
    "pan-on"           [key('l'), RIGHT]       PanCurves(1)                             CURVES  Curves  ""            "pan to later values; with a crosshair: move it",
    "zoom-in"          [key('+')]              ZoomIn                                   PLOTS   Curves  "zoom"        "zoom into the curves, or into the scatter",
    "zoom-out"         [key('-')]              ZoomOut                                  PLOTS   Curves  ""            "zoom out of the curves, or of the scatter",
    "follow"           [key('.')]              Follow                                   PLOTS   Curves  "follow"      "follow the newest, or the scatter's front; again: show all",
    "log-axis"         [key('L')]              ToggleCurveScale                         CURVES  Curves  "log"         "switch between a log and a linear axis",
    "inspect"          [key('i')]              ToggleCrosshair                          CURVES  Curves  "inspect"     "show or hide a crosshair that reads values",
    "smooth"           [key('m')]              ToggleSmoothing                          CURVES  Curves  ""            "smooth noisy curves, or show every sample",
    "copy"             [key('y')]              Copy(DesignFormat::Text)                 DESIGNS Out     "copy"        "copy the design",
    "copy-toml"        [key('Y')]              Copy(DesignFormat::Toml)                 DESIGNS Out     ""            "copy the design with its figures as TOML",
    "export"           [key('e')]              OpenMenu(MenuKind::Export)               ALL     Out     "export"      "write screen, session, report, designs as CSV or Markdown",
    "palette"          [key(':')]              Type(Purpose::Palette)                   ALL     Program "cmd"         "find a command by its words",
    "help"             [key('?'), F1]          ToggleOverlay(Overlay::Help)             ALL     Program "help"        "show the keys of this screen",
    "find-help"        [key('/')]              SearchHelp                               CURVES  Program ""            "search the help",
    "running-split"    [key('E')]              ToggleOverlay(Overlay::Running)          ALL     Program ""            "show the split that runs as processes (demo --real)",
    "mouse"            [F2]                    ToggleMouse                              ALL     Program ""            "give the mouse to the terminal, or take it",
    "redraw"           [ctrl('l')]             Redraw                                   ALL     Program ""            "redraw the screen",
    "suspend"          [ctrl('z')]             Suspend                                  ALL     Program ""            "suspend the program",
    "quit"             [key('q'), ctrl('c')]   Quit                                     ALL     Program "quit"        "quit",
    "quit-keeping"     [key('Q')]              QuitNow { keep_frame: true }             ALL     Program ""            "quit and leave the last frame on the screen",
};
