//! The rows of the table.

use ratatui::crossterm::event::KeyCode;

use super::{Binding, Group, Key, Screens, Verb};
use crate::explore::{DesignPart, Screen};

const fn key(character: char) -> Key {
    Key::char(character)
}

const fn row(
    verb: Verb,
    keys: &'static [Key],
    screens: Screens,
    group: Group,
    hint: &'static str,
    words: &'static str,
) -> Binding {
    Binding { verb, keys, screens, group, hint, words }
}

const UP: Key = Key::plain(KeyCode::Up);
const DOWN: Key = Key::plain(KeyCode::Down);
const LEFT: Key = Key::plain(KeyCode::Left);
const RIGHT: Key = Key::plain(KeyCode::Right);
const ENTER: Key = Key::plain(KeyCode::Enter);

/// All rows. Their order is that of the footer (the most useful first) and of the help within a chapter.
pub const BINDINGS: &[Binding] = {
    use Group::{Change, Curves, Look, Move, Out, Program, Replay, Work};
    const ALL: Screens = Screens::ALL;
    const EXPLORE: Screens = Screens::EXPLORE;
    const DESIGNS: Screens = Screens::DESIGNS;
    const CURVES: Screens = Screens::CURVES;
    const SEARCH: Screens = Screens::SEARCH;
    const COMPARE: Screens = Screens::COMPARE;
    const PLOTS: Screens = Screens::PLOTS;
    &[
        row(Verb::Left, &[key('h'), LEFT], DESIGNS, Change, "adjust", "take a step down or to the left"),
        row(Verb::Right, &[key('l'), RIGHT], DESIGNS, Change, "", "take a step up or to the right"),
        row(Verb::NextPane, &[Key::plain(KeyCode::Tab)], DESIGNS, Move, "pane", "go to the next pane"),
        row(Verb::PreviousPane, &[Key::plain(KeyCode::BackTab)], DESIGNS, Move, "", "go to the previous pane"),
        row(Verb::Up, &[key('k'), UP], ALL, Move, "", "move up; among events: to earlier ones"),
        row(Verb::Down, &[key('j'), DOWN], ALL, Move, "row", "move down"),
        row(Verb::First, &[key('g'), Key::plain(KeyCode::Home)], ALL, Move, "", "go to the first row"),
        row(Verb::Last, &[key('G'), Key::plain(KeyCode::End)], ALL, Move, "", "go to the last row"),
        row(Verb::PageUp, &[Key::ctrl('u'), Key::plain(KeyCode::PageUp)], ALL, Move, "", "move up half a page"),
        row(Verb::PageDown, &[Key::ctrl('d'), Key::plain(KeyCode::PageDown)], ALL, Move, "", "move down half a page"),
        row(Verb::GoTo(Screen::Explore), &[key('1')], ALL, Move, "", "show the Explore screen"),
        row(Verb::GoTo(Screen::Train), &[key('2')], ALL, Move, "", "show the Train screen"),
        row(Verb::GoTo(Screen::Search), &[key('3')], ALL, Move, "", "show the Search screen"),
        row(Verb::GoTo(Screen::Compare), &[key('4'), key('c')], ALL, Move, "", "show the Compare screen"),
        row(
            Verb::Back,
            &[Key::plain(KeyCode::Esc)],
            ALL,
            Move,
            "",
            "go back: close, dismiss the message, clear the filter",
        ),
        row(Verb::LeftMany, &[key('H'), Key::shift(KeyCode::Left)], EXPLORE, Change, "", "take ten steps down"),
        row(Verb::RightMany, &[key('L'), Key::shift(KeyCode::Right)], EXPLORE, Change, "", "take ten steps up"),
        row(Verb::Least, &[key('m')], EXPLORE, Change, "", "move the knob to its lower end"),
        row(Verb::Most, &[key('M')], EXPLORE, Change, "", "move the knob to its upper end"),
        row(Verb::Open, &[ENTER], EXPLORE, Change, "type", "type the knob's value, or look into the design"),
        row(
            Verb::Hand(DesignPart::Split, -1),
            &[key('[')],
            EXPLORE,
            Change,
            "split",
            "split one boundary earlier by hand",
        ),
        row(Verb::Hand(DesignPart::Split, 1), &[key(']')], EXPLORE, Change, "", "split one boundary later by hand"),
        row(Verb::Train, &[key('T')], ALL, Work, "train", "start training a supernet, or go on with the run"),
        row(Verb::Search, &[key('S')], ALL, Work, "search", "start a search on the trained run"),
        row(Verb::Pin, &[key(' ')], DESIGNS, Look, "pin", "pin the design, or unpin it"),
        row(Verb::Why, &[key('x')], DESIGNS, Look, "why", "say why the design fits or not, and the smallest fix"),
        row(Verb::Tornado, &[key('o')], DESIGNS, Look, "tornado", "show how much each knob matters to the design"),
        row(Verb::Undo, &[key('u')], ALL, Change, "undo", "undo the last change"),
        row(Verb::Redo, &[Key::ctrl('r')], ALL, Change, "", "redo what was undone"),
        row(Verb::Reset, &[key('0')], EXPLORE, Change, "reset", "put the knob back to the profile's value"),
        row(Verb::ResetAll, &[key('Z')], EXPLORE, Change, "", "put all knobs back to the profile's values"),
        row(Verb::Lock, &[key('=')], EXPLORE, Change, "", "lock the knob, or unlock it"),
        row(Verb::Hand(DesignPart::Fusion, -1), &[key('{')], EXPLORE, Change, "", "fuse one boundary earlier by hand"),
        row(Verb::Hand(DesignPart::Fusion, 1), &[key('}')], EXPLORE, Change, "", "fuse one boundary later by hand"),
        row(Verb::Hand(DesignPart::Ratio, -1), &[key('r')], EXPLORE, Change, "", "compress less by hand"),
        row(Verb::Hand(DesignPart::Ratio, 1), &[key('R')], EXPLORE, Change, "", "compress more by hand"),
        row(Verb::Hand(DesignPart::Bits, -1), &[key('i')], EXPLORE, Change, "", "send fewer bits a value by hand"),
        row(Verb::Hand(DesignPart::Bits, 1), &[key('I')], EXPLORE, Change, "", "send more bits a value by hand"),
        row(Verb::ResetHand, &[key('b')], EXPLORE, Change, "", "take all changes by hand back: the best split again"),
        row(Verb::History, &[key('U')], ALL, Change, "", "list the steps that can be undone"),
        row(Verb::Remember, &[key('N')], ALL, Change, "", "remember the knobs, pins and filter under a name"),
        row(Verb::Recall, &[key('\'')], ALL, Change, "", "go back to something remembered"),
        row(Verb::Filter, &[key('/')], DESIGNS, Look, "filter", "filter the designs: acc>72 split=S3 lat<8 fits"),
        row(Verb::Sort, &[key('s')], DESIGNS, Look, "sort", "sort the designs by the next column"),
        row(Verb::Reverse, &[key('a')], DESIGNS, Look, "", "turn the order of the designs round"),
        row(Verb::Unit, &[key('v')], EXPLORE, Look, "", "show time, energy, link bytes, memory or frames in the bars"),
        row(Verb::Axes, &[key('V')], EXPLORE, Look, "", "choose the axes of the scatter, linear or logarithmic"),
        row(Verb::ZoomPane, &[key('z')], EXPLORE, Look, "zoom", "give the whole screen to the pane, or take it back"),
        row(Verb::ShowScatter, &[key('p')], EXPLORE, Look, "", "show the scatter where there is room for one pane"),
        row(Verb::ShowTable, &[key('t')], EXPLORE, Look, "", "show the table where there is room for one pane"),
        row(Verb::Baseline, &[key('B')], DESIGNS, Look, "", "compare with this design"),
        row(Verb::PinEarlier, &[key('K')], COMPARE, Look, "", "move the pinned design one place to the left"),
        row(Verb::PinLater, &[key('J')], COMPARE, Look, "", "move the pinned design one place to the right"),
        row(Verb::DifferencesOnly, &[key('d')], COMPARE, Look, "differences", "show only rows that differ, or all"),
        row(Verb::LowerEndUp, &[key('[')], COMPARE, Look, "brush", "brush the axis: raise the lower end"),
        row(Verb::LowerEndDown, &[key('{')], COMPARE, Look, "", "brush the axis: lower the lower end"),
        row(Verb::UpperEndDown, &[key(']')], COMPARE, Look, "", "brush the axis: lower the upper end"),
        row(Verb::UpperEndUp, &[key('}')], COMPARE, Look, "", "brush the axis: raise the upper end"),
        row(Verb::ClearBrushes, &[key('0')], COMPARE, Look, "", "take all brushes away"),
        row(Verb::KeepBrushed, &[key('F')], COMPARE, Look, "keep", "keep only designs within the brushes: filter"),
        row(Verb::Freeze, &[key('f')], ALL, Look, "", "hold measurements back, or let them in"),
        row(Verb::PauseOrResume, &[key('P')], ALL, Work, "pause", "pause the work, or let it go on"),
        row(Verb::Stop, &[key('X')], ALL, Work, "stop", "stop the work; it can be resumed"),
        row(Verb::Detach, &[key('D')], ALL, Work, "detach", "let go of the work: it goes on by itself"),
        row(Verb::SendLimits, &[key('W')], ALL, Work, "", "tell the running search the present limits"),
        row(Verb::Runs, &[key('A')], ALL, Work, "", "choose another run to follow"),
        row(
            Verb::ReplayBack,
            &[key('<')],
            ALL,
            Replay,
            "go through",
            "go back in the run that is replayed, or a scene",
        ),
        row(Verb::ReplayOn, &[key('>')], ALL, Replay, "", "go on in the run that is replayed, or a scene"),
        row(Verb::Play, &[key(',')], ALL, Replay, "play", "play the run or the tour, or hold it"),
        row(Verb::EarlierFront, &[key('[')], SEARCH, Curves, "fronts", "show the front of an earlier generation too"),
        row(Verb::LaterFront, &[key(']')], SEARCH, Curves, "", "show the front of a later generation too"),
        row(Verb::PanBack, &[key('h'), LEFT], CURVES, Curves, "pan", "show what was before; with a crosshair: move it"),
        row(Verb::PanOn, &[key('l'), RIGHT], CURVES, Curves, "", "show what came after; with a crosshair: move it"),
        row(Verb::ZoomIn, &[key('+')], PLOTS, Curves, "zoom", "zoom into the curves, or into the scatter"),
        row(Verb::ZoomOut, &[key('-')], PLOTS, Curves, "", "zoom out of the curves, or of the scatter"),
        row(
            Verb::Follow,
            &[key('.')],
            PLOTS,
            Curves,
            "follow",
            "follow the newest; again, or in the scatter: show everything",
        ),
        row(Verb::LogAxis, &[key('L')], CURVES, Curves, "log", "switch between a log and a linear axis"),
        row(Verb::Inspect, &[key('i')], CURVES, Curves, "inspect", "read values off with a crosshair, or lay it down"),
        row(Verb::Smooth, &[key('m')], CURVES, Curves, "", "smooth noisy curves, or show every sample"),
        row(Verb::Copy, &[key('y')], DESIGNS, Out, "copy", "copy the design"),
        row(Verb::CopyToml, &[key('Y')], DESIGNS, Out, "", "copy the design with its figures as TOML"),
        row(Verb::Export, &[key('e')], ALL, Out, "export", "write the screen, the designs or the session to a file"),
        row(Verb::Palette, &[key(':')], ALL, Program, "cmd", "find a command by its words"),
        row(Verb::Help, &[key('?'), Key::plain(KeyCode::F(1))], ALL, Program, "help", "show the keys of this screen"),
        row(Verb::FindHelp, &[key('/')], CURVES, Program, "", "search the help"),
        row(Verb::Mouse, &[Key::plain(KeyCode::F(2))], ALL, Program, "", "give the mouse to the terminal, or take it"),
        row(Verb::Redraw, &[Key::ctrl('l')], ALL, Program, "", "draw the screen anew"),
        row(Verb::Suspend, &[Key::ctrl('z')], ALL, Program, "", "suspend the program"),
        row(Verb::Quit, &[key('q'), Key::ctrl('c')], ALL, Program, "quit", "quit"),
        row(Verb::QuitKeeping, &[key('Q')], ALL, Program, "", "quit and leave the last frame on the screen"),
    ]
};
