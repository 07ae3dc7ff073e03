//! Frame rates that applications ask for, as presets of the frame-rate limit.

/// Applications and the frames per second `XRBench` (`MLSys` 2023) asks of them.
pub const DEADLINES: [(&str, f64); 11] = [
    ("eye segmentation", 60.0),
    ("gaze estimation", 60.0),
    ("hand tracking", 30.0),
    ("hand tracking, fast", 45.0),
    ("depth estimation", 30.0),
    ("depth refinement", 30.0),
    ("object detection", 10.0),
    ("object detection, fast", 30.0),
    ("plane detection", 15.0),
    ("segmentation", 10.0),
    ("keyword spotting", 3.0),
];
