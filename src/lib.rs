//! splitscope
