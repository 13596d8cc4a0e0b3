//! How a store is tuned. Memory first: three nodes and their clients share one small machine.

use std::path::Path;

use rocksdb::{BlockBasedOptions, DBCompactionStyle, DBCompressionType, DBRecoveryMode, LogLevel};

use crate::error::StoreError;

/// Blocks read from disk, shared by all stores of a node, in memory up to a bound.
#[derive(Clone)]
pub struct Cache(pub(crate) rocksdb::Cache);

impl Cache {
    /// A cache of at most so many bytes.
    pub fn new(bytes: usize) -> Self {
        Self(rocksdb::Cache::new_lru_cache(bytes))
    }
}

/// How one store is tuned.
#[derive(Clone)]
pub struct Options {
    /// Keep a write-ahead log, which `Store::sync_log` makes durable. Without it, writes become
    /// durable with the next `Store::flush`.
    pub logged: bool,
    /// Where blocks read from disk are kept.
    pub cache: Cache,
    /// How many bytes of writes gather in memory before they go to a file.
    pub write_buffer_bytes: usize,
    /// How many such buffers there may be, the ones being written to files included.
    pub write_buffers: i32,
    /// Told, before the caller is, that the disk did not take a write to this folder.
    pub on_disk_error: fn(&Path, &StoreError),
}

/// Bits of the bloom filter per key: one read in a hundred for an absent row touches a file.
const BLOOM_BITS_PER_KEY: f64 = 10.0;
/// Share of a write buffer spent on its own filter, for reads of absent rows.
const BUFFER_FILTER_SHARE: f64 = 0.02;
/// Young files are rewritten soon: compressing them is work for nothing.
const COMPRESSION: [DBCompressionType; 7] = {
    use DBCompressionType::{Lz4, None};
    [None, None, Lz4, Lz4, Lz4, Lz4, Lz4]
};
/// So many sorted files are kept before some are merged: each is looked through by a read of a row
/// that is not there, as far as its bloom filter lets it.
const FILES_BEFORE_MERGE: i32 = 6;
const BLOCK_BYTES: usize = 8 << 10;
/// Threads for flushing and compacting: the machine has two cores.
const BACKGROUND_JOBS: i32 = 2;
/// Files kept open.
const OPEN_FILES: i32 = 512;
/// Written files are handed to the disk in portions, so that a sync of the log waits for none
/// larger.
const BYTES_PER_SYNC: u64 = 1 << 20;
/// The write-ahead log may pin so many bytes of files before buffers are flushed to free them.
const LOG_BYTES_MAX: u64 = 256 << 20;
/// RocksDB's own report.
const INFO_BYTES: usize = 1 << 20;
const INFO_FILES: usize = 2;

impl Options {
    pub(crate) fn to_rocks(&self) -> rocksdb::Options {
        let mut table = BlockBasedOptions::default();
        table.set_block_cache(&self.cache.0);
        table.set_block_size(BLOCK_BYTES);
        table.set_bloom_filter(BLOOM_BITS_PER_KEY, false);
        table.set_format_version(6);

        let mut options = rocksdb::Options::default();
        options.create_if_missing(true);
        options.set_block_based_table_factory(&table);
        options.set_write_buffer_size(self.write_buffer_bytes);
        options.set_max_write_buffer_number(self.write_buffers);
        options.set_memtable_whole_key_filtering(true);
        options.set_memtable_prefix_bloom_ratio(BUFFER_FILTER_SHARE);
        options.set_compression_per_level(&COMPRESSION);
        options.set_max_background_jobs(BACKGROUND_JOBS);
        options.set_max_open_files(OPEN_FILES);
        options.set_bytes_per_sync(BYTES_PER_SYNC);
        options.set_log_level(LogLevel::Warn);
        options.set_max_log_file_size(INFO_BYTES);
        options.set_keep_log_file_num(INFO_FILES);
        options.set_stats_dump_period_sec(0);
        options.set_stats_persist_period_sec(0);
        if self.logged {
            self.log(&mut options);
        } else {
            // Names of rows are hashes, so each new file overlaps every old one: in levels, each
            // would be merged into all of them.
            options.set_compaction_style(DBCompactionStyle::Universal);
            options.set_level_zero_file_num_compaction_trigger(FILES_BEFORE_MERGE);
        }
        options
    }

    /// The write-ahead log: written and synced by `Store::sync_log` alone. After a power cut it is
    /// read up to the first record that is not whole; what was synced lies before that.
    fn log(&self, options: &mut rocksdb::Options) {
        options.set_manual_wal_flush(true);
        options.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
        options.set_max_total_wal_size(LOG_BYTES_MAX);
    }
}
