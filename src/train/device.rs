//! Backend that tensors live on, chosen at run time.

use std::fmt;
#[cfg(any(feature = "cube", test))]
use std::panic::{self, AssertUnwindSafe};
use std::str::FromStr;
#[cfg(any(feature = "cube", test))]
use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

/// A backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceKind {
    /// flex, which is maintained, and which release builds optimise. burn-ndarray is built unoptimised there, since
    /// optimising it takes minutes of every first build and finds nothing to gain beyond flex: optimised,
    /// `splitscope bench step` took 0.33 CPU seconds a step on it and 0.34 on flex (Zen 4, busy, one thread); as it is
    /// built, 2.2 to 2.3 where flex took 0.67 to 0.79 (the same machine, busier).
    #[default]
    Auto,
    /// burn-flex, on the CPU.
    Flex,
    /// burn-ndarray, on the CPU: a second backend to check results against.
    Ndarray,
    /// The first NVIDIA GPU; of several processes that were started together each takes another.
    #[cfg(feature = "cuda")]
    Cuda,
    /// The first GPU of any maker.
    #[cfg(feature = "wgpu")]
    Wgpu,
    /// The processor, with the kernels of GPUs: for tests, and slow.
    #[cfg(feature = "cube-cpu")]
    CubeCpu,
}

impl DeviceKind {
    /// All kinds with their names.
    pub const ALL: &[(&'static str, Self)] = &[
        ("auto", Self::Auto),
        ("flex", Self::Flex),
        ("ndarray", Self::Ndarray),
        #[cfg(feature = "cuda")]
        ("cuda", Self::Cuda),
        #[cfg(feature = "wgpu")]
        ("wgpu", Self::Wgpu),
        #[cfg(feature = "cube-cpu")]
        ("cube-cpu", Self::CubeCpu),
    ];

    /// Checks that the device answers: that there is no driver for a GPU is told before anything begins.
    ///
    /// # Errors
    /// No such device here, or no driver for it; why, and what to look at.
    pub fn check(self) -> Result<(), String> {
        match self {
            Self::Auto | Self::Flex | Self::Ndarray => Ok(()),
            #[cfg(feature = "cube")]
            gpu => gpu.asked(|| drop(burn::tensor::Tensor::<1>::ones([1], &gpu.open()).into_data())),
        }
    }

    /// Number of NVIDIA GPUs that this process may use.
    ///
    /// # Errors
    /// None answers.
    #[cfg(feature = "cuda")]
    pub(crate) fn cards() -> Result<usize, String> {
        Self::Cuda.check()?;
        Self::Cuda.asked(|| Device::enumerate(burn::tensor::DeviceType::Cuda).into_iter().count())
    }

    /// Answer of a GPU, or the reason why it gives none and what to look at.
    #[cfg(feature = "cube")]
    fn asked<R>(self, question: impl FnOnce() -> R) -> Result<R, String> {
        caught(question).map_err(|reason| {
            // Loaders list all names that they tried.
            let reason = reason.split(" - searched").next().unwrap_or_default().trim_end_matches('.');
            format!(
                "no GPU answers as `{self}`: {reason}. {}; `--device auto` computes on the processor",
                self.advice()
            )
        })
    }

    /// Advice where no GPU of this kind answers.
    #[cfg(feature = "cube")]
    const fn advice(self) -> &'static str {
        match self {
            #[cfg(feature = "cuda")]
            Self::Cuda => "`nvidia-smi` must list it, and libcuda.so.1 must be where the loader of the system looks",
            #[cfg(feature = "wgpu")]
            Self::Wgpu => {
                "`vulkaninfo --summary` must list it; an NVIDIA GPU needs libvulkan1 and the Vulkan part of its driver: in a \
                 container NVIDIA_DRIVER_CAPABILITIES=all, and VK_DRIVER_FILES=FOLDER/nvidia_icd.json where that file is \
                 in no folder that the loader reads"
            }
            _ => "its driver must be installed",
        }
    }

    /// The device.
    #[allow(deprecated, reason = "burn-ndarray is deprecated upstream and named by this design")]
    pub fn open(self) -> Device {
        match self {
            Self::Auto | Self::Flex => Device::flex(),
            Self::Ndarray => Device::ndarray(),
            #[cfg(feature = "cuda")]
            Self::Cuda => Device::cuda(super::exchange::launch::gpu()),
            #[cfg(feature = "wgpu")]
            Self::Wgpu => Device::wgpu(burn::tensor::DeviceKind::default()),
            #[cfg(feature = "cube-cpu")]
            Self::CubeCpu => Device::cpu(),
        }
    }
}

/// Does work that panics where it can't be done, on threads of its own as well; returns what the first to panic said.
#[cfg(any(feature = "cube", test))]
fn caught<R>(work: impl FnOnce() -> R) -> Result<R, String> {
    /// The hook is that of the process, and ranks are threads of one: they work one after the other.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let said = Arc::new(Mutex::new(None));
    let hook = panic::take_hook();
    let heard = Arc::clone(&said);
    panic::set_hook(Box::new(move |panic| {
        let words = panic.payload_as_str().unwrap_or("it does not say why").to_owned();
        heard.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(words);
    }));
    let found = panic::catch_unwind(AssertUnwindSafe(work));
    panic::set_hook(hook);
    found.map_err(|_| said.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default())
}

impl fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(_, kind)| kind == self).map_or("", |(name, _)| name))
    }
}

impl FromStr for DeviceKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || Self::ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        Self::ALL
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, kind)| *kind)
            .ok_or_else(|| format!("no device `{text}`; valid: {}", names()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Set in a process of its own: panics of other tests would be heard.
    const VARIABLE: &str = "SPLITSCOPE_TEST_PANICS";

    #[test]
    fn threads_that_ask_at_once_hear_their_own_reasons() {
        if std::env::var_os(VARIABLE).is_none() {
            let name = "threads_that_ask_at_once_hear_their_own_reasons";
            let mut program = std::process::Command::new(std::env::current_exe().unwrap());
            let output = program.arg(name).env(VARIABLE, "1").output().unwrap();
            let told = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && told.contains("1 passed"), "{told}");
            return;
        }
        let threads = ["no driver", "no memory", "no such card"].map(|reason| {
            std::thread::spawn(move || {
                for _ in 0..200 {
                    assert_eq!(caught(|| panic!("{reason}")), Err::<(), _>(reason.to_owned()));
                }
            })
        });
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(caught(|| 3), Ok(3));
    }
}
