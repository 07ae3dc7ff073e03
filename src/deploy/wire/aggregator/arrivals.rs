//! Arrival of sensors at an aggregator: how long they are waited for, and which are let in.

use std::time::Duration;

use super::RunningSplit;
use crate::deploy::wire::error::WireError;
use crate::deploy::wire::joining::{EntranceNews, Newcomer};
use crate::deploy::wire::message::{Hello, Preparing, WireMessage};
use crate::deploy::wire::roster::LostSensor;
use crate::record::RunningEvent;

/// Time between two signs to sensors that have joined that the aggregator waits for others.
const WAITING_PAUSE: Duration = Duration::from_secs(1);

impl RunningSplit<'_> {
    /// Waits until so many sensors are there; if the time is over, one will do. The time begins again with each sign of
    /// a sensor that makes its images: how fast a machine does that is no reason to end.
    pub(super) fn wait_for(&mut self, count: usize) -> Result<(), WireError> {
        let now = self.clock;
        let (mut sign, mut told) = (now(), now());
        while self.roster.cameras().len() < count {
            self.sweep();
            if now() - told >= WAITING_PAUSE {
                self.ask(0, |_| WireMessage::Waiting);
                told = now();
            }
            let left = (sign + self.settings.wait).saturating_duration_since(now());
            match self.entrance.wait(left.min(WAITING_PAUSE)) {
                Some(news) => {
                    if self.receive(news) {
                        sign = now();
                    }
                }
                None if left > WAITING_PAUSE => {}
                None if self.roster.cameras().is_empty() => return Err(WireError::NoSensors(self.settings.wait)),
                None => break,
            }
        }
        if self.roster.cameras().len() < count {
            let missing = (0..self.deployment.views).filter(|&camera| !self.roster.holds(camera));
            let late = missing.map(|camera| LostSensor { camera, reason: WireError::Absent(self.settings.wait) });
            let late: Vec<LostSensor> = late.collect();
            self.tell_lost(late);
        }
        Ok(())
    }

    /// Takes news in. Returns `true` for a sign of a sensor of this design that makes its images.
    pub(super) fn receive(&mut self, news: EntranceNews) -> bool {
        let Preparing { digest, camera, done, total } = match news {
            EntranceNews::Newcomer(newcomer) => {
                self.welcome(newcomer);
                return false;
            }
            EntranceNews::Preparing(preparing) => preparing,
        };
        let is_awaited = (camera as usize) < self.deployment.views && !self.roster.holds(camera as usize);
        let is_sign = is_awaited && digest == self.digest;
        if is_sign {
            (self.tell)(RunningEvent::Preparing { camera, done, total });
        }
        is_sign
    }

    /// Lets a newcomer in, or sends it away.
    fn welcome(&mut self, newcomer: Newcomer) {
        // It may come in the place of one that has gone.
        self.sweep();
        let peer = newcomer.peer.to_string();
        let admitted = match &newcomer.hello {
            Ok(hello) => self.refusal(hello).map_or(Ok(hello.clone()), Err),
            Err(error) => Err(error.to_string()),
        };
        let hello = match admitted {
            Ok(hello) => hello,
            Err(reason) => {
                newcomer.refuse(&reason);
                return (self.tell)(RunningEvent::Refused { peer, reason });
            }
        };
        let Hello { camera, fingerprint, objects, pacing, .. } = hello;
        match self.roster.admit(camera as usize, newcomer.stream, pacing) {
            Ok(()) => {
                self.data = Some((fingerprint, objects));
                let bytes_per_s = pacing.map(|pacing| pacing.bytes_per_s);
                (self.tell)(RunningEvent::Joined { camera, peer, bytes_per_s });
            }
            Err(error) => (self.tell)(RunningEvent::Refused { peer, reason: error.to_string() }),
        }
    }

    /// Reason for which a sensor can't join.
    fn refusal(&self, hello: &Hello) -> Option<String> {
        let Hello { digest, camera, fingerprint, objects, .. } = hello;
        let views = self.deployment.views;
        if digest != self.digest {
            let precision = self.deployment.precision.name();
            return Some(format!(
                "the sensor has the files of another design, or is not in {precision}, as the aggregator is \
                 (`--precision`)"
            ));
        }
        if *camera as usize >= views {
            return Some(format!("the design has {views} cameras; there is no camera {camera}"));
        }
        if self.roster.holds(*camera as usize) {
            return Some(format!("camera {camera} has a sensor already"));
        }
        if *objects == 0 || self.agreed_data().is_some_and(|data| data != (*fingerprint, *objects)) {
            return Some("the sensor has other data than those that came before it".into());
        }
        None
    }

    /// Fingerprint and number of the objects that a sensor must have: those of the sensors that are there. Before the
    /// first object nothing holds them once these have gone.
    fn agreed_data(&self) -> Option<(u64, u32)> {
        if self.has_begun || !self.roster.cameras().is_empty() { self.data } else { None }
    }
}
