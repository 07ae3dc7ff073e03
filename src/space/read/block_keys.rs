//! Keys of a stage that each kind of block takes.

use crate::space::stage::BlockKind;

/// Use of a key by a kind of block.
#[derive(Clone, Copy)]
pub(super) enum KeyUse {
    Required,
    Optional,
    Senseless,
}

impl BlockKind {
    pub(super) const fn pooling(self) -> KeyUse {
        match self {
            Self::GlobalPool => KeyUse::Optional,
            _ => KeyUse::Senseless,
        }
    }

    pub(super) const fn widths(self) -> KeyUse {
        match self {
            Self::Conv | Self::Mbconv | Self::Basic | Self::Bottleneck => KeyUse::Required,
            Self::Linear => KeyUse::Optional,
            Self::Expand | Self::MaxPool | Self::GlobalPool => KeyUse::Senseless,
        }
    }

    pub(super) const fn kernels(self) -> KeyUse {
        match self {
            Self::Conv | Self::Mbconv | Self::Basic | Self::Bottleneck | Self::MaxPool => KeyUse::Required,
            Self::Expand | Self::GlobalPool | Self::Linear => KeyUse::Senseless,
        }
    }

    pub(super) const fn expansions(self) -> KeyUse {
        match self {
            Self::Mbconv | Self::Bottleneck | Self::Expand => KeyUse::Required,
            Self::Conv | Self::Basic | Self::MaxPool | Self::GlobalPool | Self::Linear => KeyUse::Senseless,
        }
    }

    pub(super) const fn depths(self) -> KeyUse {
        match self {
            Self::Conv | Self::Mbconv | Self::Basic | Self::Bottleneck => KeyUse::Optional,
            Self::Expand | Self::MaxPool | Self::GlobalPool | Self::Linear => KeyUse::Senseless,
        }
    }

    pub(super) const fn stride(self) -> KeyUse {
        match self {
            Self::Conv | Self::Mbconv | Self::Basic | Self::Bottleneck | Self::MaxPool => KeyUse::Optional,
            Self::Expand | Self::GlobalPool | Self::Linear => KeyUse::Senseless,
        }
    }

    pub(super) const fn only_mbconv(self) -> KeyUse {
        if matches!(self, Self::Mbconv) { KeyUse::Optional } else { KeyUse::Senseless }
    }
}
