//! How much of the feed is kept: as the flags of whoever leads a shard say, written there.

use std::time::Duration;

use clap::Args;
use engine_core::feed::{self, FeedRetention};
use engine_core::{Command, SetFeedRetention};
use tokio::time::interval;

use crate::access::By;
use crate::state::AppState;

/// How often it is looked whether a shard keeps what it is to keep, in milliseconds.
const LOOK_EVERY_MS: u64 = 5_000;
/// Milliseconds in an hour.
const HOUR_MS: u64 = 3_600_000;
/// The longest that events can be kept, in hours: 366 days.
const HOURS_MAX: i64 = 366 * 24;
/// The most of a shard's events that can be kept, in MiB.
const MIB_MAX: i64 = 1 << 24;

/// How long events are kept.
#[derive(Debug, Clone, Copy, Args)]
pub struct FeedFlags {
    /// How long events are kept for readers of /v1/events, in hours. The same on every node: the
    /// leader of a shard decides
    #[arg(long, env = "STOA_FEED_KEEP_HOURS", default_value_t = 72,
          value_parser = clap::value_parser!(u32).range(1..=HOURS_MAX))]
    pub feed_keep_hours: u32,
    /// Up to which size, in MiB for each shard: beyond it the oldest events go, whatever their age
    #[arg(long, env = "STOA_FEED_KEEP_MIB", default_value_t = 1_024,
          value_parser = clap::value_parser!(u32).range(1..=MIB_MAX))]
    pub feed_keep_mib: u32,
}

impl FeedFlags {
    fn kept(self) -> FeedRetention {
        FeedRetention {
            age_ms: u64::from(self.feed_keep_hours) * HOUR_MS,
            bytes: u64::from(self.feed_keep_mib) << 20,
        }
    }
}

/// Has every shard that this node leads keep what the flags say. Never ends.
pub async fn keep(app: &AppState, flags: FeedFlags) {
    let kept = flags.kept();
    let mut looks = interval(Duration::from_millis(LOOK_EVERY_MS));
    loop {
        looks.tick().await;
        for shard in app.topology.groups().filter(|shard| app.node.leads(*shard)) {
            if feed::retention(&app.view(shard)).is_ok_and(|there| there == kept) {
                continue;
            }
            let command = Command::SetFeedRetention(SetFeedRetention { kept });
            if let Err(error) = app.write(By::THE_NODE, shard, command).await {
                tracing::debug!(%shard, detail = error.detail, "not told what to keep yet");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use engine_core::feed::{FEED_AGE_MS_MAX, FEED_BYTES_MAX};

    use super::*;

    #[test]
    fn the_flags_say_what_the_engine_takes() {
        let flags = |hours, mib| FeedFlags { feed_keep_hours: hours, feed_keep_mib: mib }.kept();
        assert_eq!(flags(72, 1_024), FeedRetention::default());
        let most = flags(HOURS_MAX as u32, MIB_MAX as u32);
        assert_eq!((most.age_ms, most.bytes), (FEED_AGE_MS_MAX, FEED_BYTES_MAX));
    }
}
