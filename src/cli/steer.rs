//! What the user asks of a working process: pauses are waited through here; stopping and limits are the work's own.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::record::{Control, Event};
use crate::run::{Inbox, Ownership};

/// Orders since the last look but for pause and resume. While paused this waits, without using the processor.
///
/// # Errors
/// The run's database fails, or another process has taken the run over.
pub(super) fn orders(
    inbox: &mut Inbox,
    owner: &Ownership,
    tell: &mut dyn FnMut(Event) -> Result<()>,
) -> Result<Vec<Control>> {
    let mut new = inbox.poll()?;
    let (mut orders, mut paused) = (Vec::new(), false);
    loop {
        if !owner.is_held() {
            bail!("another process has taken this run over");
        }
        for order in new {
            match order {
                Control::Pause if !paused => {
                    paused = true;
                    tell(Event::Paused)?;
                }
                Control::Resume if paused => {
                    paused = false;
                    tell(Event::Resumed)?;
                }
                Control::Pause | Control::Resume => {}
                other => orders.push(other),
            }
        }
        if !paused || orders.contains(&Control::Stop) {
            return Ok(orders);
        }
        new = inbox.wait(Duration::from_secs(1))?;
    }
}
