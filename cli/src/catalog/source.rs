//! Where rows come from: a file, plain or gzipped, or the sample that this program carries.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read},
    path::PathBuf,
};

use flate2::read::MultiGzDecoder;

/// The longest line, in bytes: what fits into one request.
const LINE_BYTES_MAX: u64 = 1 << 20;
/// How a gzipped file begins.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// The project's own catalog; its origin is told in the README beside it.
const SAMPLE: &[u8] = include_bytes!("../../data/electronics.ndjson.gz");

/// Where rows come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// The project's own catalog.
    Sample,
}

/// A line that holds something, with its number from 1; or why it cannot be read.
pub type Line = (u64, Result<String, String>);

impl Source {
    /// The lines, from the first.
    pub fn lines(&self) -> io::Result<impl Iterator<Item = io::Result<Line>> + use<>> {
        let raw: Box<dyn Read + Send> = match self {
            Self::File(path) => Box::new(File::open(path)?),
            Self::Sample => Box::new(Cursor::new(SAMPLE)),
        };
        let mut raw = BufReader::new(raw);
        let gzipped = raw.fill_buf()?.starts_with(&GZIP_MAGIC);
        let plain: Box<dyn BufRead + Send> = if gzipped {
            Box::new(BufReader::new(MultiGzDecoder::new(raw)))
        } else {
            Box::new(raw)
        };
        Ok(Lines { from: plain, number: 0 })
    }

    /// How many lines hold something.
    pub fn count(&self) -> io::Result<u64> {
        self.lines()?.try_fold(0, |count, line| line.map(|_| count + 1))
    }
}

struct Lines {
    from: Box<dyn BufRead + Send>,
    number: u64,
}

impl Iterator for Lines {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.number += 1;
            match self.read() {
                Ok(None) => return None,
                Ok(Some(Ok(line))) if line.trim().is_empty() => {}
                Ok(Some(line)) => return Some(Ok((self.number, line))),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl Lines {
    /// The next line, whatever is in it; nothing at the end.
    fn read(&mut self) -> io::Result<Option<Result<String, String>>> {
        let mut bytes = Vec::new();
        if self.from.by_ref().take(LINE_BYTES_MAX + 1).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        if bytes.len() as u64 > LINE_BYTES_MAX && bytes.last() != Some(&b'\n') {
            self.from.skip_until(b'\n')?;
            return Ok(Some(Err(format!("longer than {LINE_BYTES_MAX} bytes"))));
        }
        Ok(Some(String::from_utf8(bytes).map_err(|_| "not UTF-8".to_string())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<Line> {
        let from = Box::new(BufReader::new(Cursor::new(text.to_vec())));
        Lines { from, number: 0 }.map(Result::unwrap).collect()
    }

    #[test]
    fn the_sample_is_whole() {
        assert_eq!(Source::Sample.count().unwrap(), 3_291);
    }

    #[test]
    fn lines_keep_their_numbers() {
        let lines = read(b"{}\n\n  \n[]");
        assert_eq!(lines, [(1, Ok("{}\n".into())), (4, Ok("[]".into()))]);
    }

    #[test]
    fn a_bad_line_does_not_hide_the_next() {
        let mut text = vec![b'x'; LINE_BYTES_MAX as usize + 10];
        text.extend_from_slice(b"\n\xff\xfe\n{}\n");
        let lines = read(&text);
        assert_eq!(lines.len(), 3);
        assert!(lines[0].1.is_err() && lines[1].1.is_err());
        assert_eq!(lines[2], (3, Ok("{}\n".into())));
    }
}
