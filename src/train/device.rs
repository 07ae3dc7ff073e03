//! Backend that tensors live on, chosen at run time.

use std::fmt;
use std::str::FromStr;

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
    /// No such device here, or no driver for it.
    pub fn check(self) -> Result<(), String> {
        match self {
            Self::Auto | Self::Flex | Self::Ndarray => Ok(()),
            #[cfg(feature = "cube")]
            gpu => answers(gpu),
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

/// Computes one number on a GPU. Backends panic where they find none, on threads of their own as well.
#[cfg(feature = "cube")]
fn answers(gpu: DeviceKind) -> Result<(), String> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let found = std::panic::catch_unwind(|| burn::tensor::Tensor::<1>::ones([1], &gpu.open()).into_data());
    std::panic::set_hook(hook);
    found.map(drop).map_err(|_| {
        format!(
            "no GPU of the kind `{gpu}` was found; is its driver installed? `--device auto` computes on the processor"
        )
    })
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
