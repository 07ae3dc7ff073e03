//! Memory and CPU time of this process, as the system reports them.

/// Resident memory of this process in bytes; 0 where the system does not say.
pub(crate) fn resident_bytes() -> u64 {
    let pages =
        || -> Option<u64> { std::fs::read_to_string("/proc/self/statm").ok()?.split_whitespace().nth(1)?.parse().ok() };
    pages().unwrap_or(0) * rustix::param::page_size() as u64
}

/// Peak resident memory of this process in bytes; 0 where the system does not say.
pub(crate) fn peak_resident_bytes() -> u64 {
    let kibibytes = || -> Option<u64> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
    };
    kibibytes().unwrap_or(0) * 1024
}

/// CPU seconds of this process, all threads together; 0 where the system does not say.
pub(crate) fn cpu_seconds() -> f64 {
    let ticks = || -> Option<f64> {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        Some(fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?)
    };
    // The kernel counts in hundredths of a second for user space on every Linux platform.
    ticks().unwrap_or(0.0) / 100.0
}

/// CPU seconds of all living threads of this process, to a scheduler tick; 0 where the system does not tell.
pub(crate) fn thread_cpu_seconds() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanoseconds = |task: std::fs::DirEntry| -> Option<f64> {
        std::fs::read_to_string(task.path().join("schedstat")).ok()?.split_whitespace().next()?.parse().ok()
    };
    tasks.filter_map(nanoseconds).sum::<f64>() / 1e9
}
