//! One plain tar file, written always the same and read strictly: regular files under names we choose. Pure.
//! It knows no links, no folders, no extended headers and no compression; whatever has one is refused whole.

/// Tar works in blocks of this size.
const BLOCK: usize = 512;
/// Most files of one archive.
const MOST: usize = 4096;
/// Where the fields of a header stand.
const NAME: std::ops::Range<usize> = 0..100;
const MODE: std::ops::Range<usize> = 100..108;
const OWNER: std::ops::Range<usize> = 108..116;
const GROUP: std::ops::Range<usize> = 116..124;
const SIZE: std::ops::Range<usize> = 124..136;
const TIME: std::ops::Range<usize> = 136..148;
const SUM: std::ops::Range<usize> = 148..156;
const KIND: usize = 156;
const LINK: std::ops::Range<usize> = 157..257;
const MAGIC: std::ops::Range<usize> = 257..265;
const PREFIX: std::ops::Range<usize> = 345..500;

/// Writes files in the order they are given. Names are at most 100 bytes of ASCII.
pub(super) fn write<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, bytes) in files {
        let mut header = [0_u8; BLOCK];
        let mut put = |range: std::ops::Range<usize>, text: &str| {
            header[range.start..range.start + text.len()].copy_from_slice(text.as_bytes());
        };
        put(NAME, name);
        put(MODE, "0000644\0");
        put(OWNER, "0000000\0");
        put(GROUP, "0000000\0");
        put(SIZE, &format!("{:011o}\0", bytes.len()));
        put(TIME, "00000000000\0");
        put(SUM, "        ");
        put(MAGIC, "ustar\x0000");
        header[KIND] = b'0';
        let sum = format!("{:06o}\0 ", sum(&header));
        header[SUM].copy_from_slice(sum.as_bytes());
        out.extend_from_slice(&header);
        out.extend_from_slice(bytes);
        out.resize(out.len().next_multiple_of(BLOCK), 0);
    }
    out.resize(out.len() + 2 * BLOCK, 0);
    out
}

/// Reads every file; the error is a sentence fragment. `allowed` says which names may be there.
pub(super) fn read(archive: &[u8], allowed: impl Fn(&str) -> bool) -> Result<Vec<(String, &[u8])>, String> {
    if archive.starts_with(&[0x1f, 0x8b]) || archive.starts_with(b"\x28\xb5\x2f\xfd") || archive.starts_with(b"BZh") {
        return Err("it is compressed; an archive of templates is a plain tar file".into());
    }
    let mut files: Vec<(String, &[u8])> = Vec::new();
    let mut rest = archive;
    loop {
        let (header, after) = rest.split_at_checked(BLOCK).ok_or("it ends in the middle; it was cut short")?;
        if header.iter().all(|byte| *byte == 0) {
            // Two empty blocks end an archive, and nothing but empty ones may follow.
            if after.len() < BLOCK {
                return Err("it ends in the middle; it was cut short".into());
            }
            if after.iter().any(|byte| *byte != 0) {
                return Err("something follows its end".into());
            }
            return Ok(files);
        }
        let (name, size) = entry(header)?;
        if !allowed(&name) {
            return Err(format!("it holds `{}`, which does not belong into one", crate::object::printable(&name)));
        }
        if files.iter().any(|(known, _)| *known == name) {
            return Err(format!("it holds `{name}` twice"));
        }
        if files.len() == MOST {
            return Err(format!("it holds more than {MOST} files"));
        }
        let padded = size.checked_next_multiple_of(BLOCK).ok_or("a file without an end")?;
        let (body, next) = after.split_at_checked(padded).ok_or("it ends in the middle; it was cut short")?;
        files.push((name, &body[..size]));
        rest = next;
    }
}

/// Name and size of a regular file.
fn entry(header: &[u8]) -> Result<(String, usize), String> {
    // The checksum is counted with blanks in its own place.
    let blanked: u32 = header.iter().map(|byte| u32::from(*byte)).sum::<u32>()
        - header[SUM].iter().map(|byte| u32::from(*byte)).sum::<u32>()
        + 8 * u32::from(b' ');
    if octal(&header[SUM]) != Some(u64::from(blanked)) {
        return Err("it is no tar file, or damaged".into());
    }
    if &header[MAGIC] != b"ustar\x0000" {
        return Err("it is a tar file of another kind (ustar is read)".into());
    }
    if header[KIND] != b'0' || header[LINK].iter().any(|byte| *byte != 0) {
        return Err("it holds something other than files: a link, a folder or an extended header".into());
    }
    if header[PREFIX].iter().any(|byte| *byte != 0) {
        return Err("it holds a file with a longer name than any of ours".into());
    }
    let end = header[NAME].iter().position(|byte| *byte == 0).unwrap_or(NAME.end);
    if header[end..NAME.end].iter().any(|byte| *byte != 0) {
        return Err("it holds a file with two names".into());
    }
    let name = std::str::from_utf8(&header[..end]).map_err(|_| "it holds a file whose name is no text")?;
    let size = octal(&header[SIZE]).and_then(|size| usize::try_from(size).ok()).ok_or("it holds a file of no size")?;
    Ok((name.to_owned(), size))
}

/// A number as tar writes it; the binary form of large files is none of ours.
fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?.trim_matches(['\0', ' ']);
    if text.is_empty() || !text.bytes().all(|byte| matches!(byte, b'0'..=b'7')) {
        return None;
    }
    u64::from_str_radix(text, 8).ok()
}

fn sum(header: &[u8; BLOCK]) -> u32 {
    header.iter().map(|byte| u32::from(*byte)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any(_: &str) -> bool {
        true
    }

    #[test]
    fn what_was_written_is_read() {
        let long = vec![7_u8; 1025];
        let files = [("a", &b""[..]), ("b/c", &b"x"[..]), ("d", &long[..])];
        let archive = write(files);
        assert_eq!(archive.len() % BLOCK, 0);
        let read: Vec<(String, &[u8])> = read(&archive, any).unwrap();
        assert_eq!(read.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect::<Vec<_>>(), files);
        assert_eq!(write(files), archive);
    }

    /// A header with one thing changed, its checksum made right again.
    fn changed(change: impl Fn(&mut [u8])) -> Vec<u8> {
        let mut archive = write([("a", &b"12345"[..])]);
        change(&mut archive[..BLOCK]);
        archive[SUM].copy_from_slice(b"        ");
        let text = format!("{:06o}\0 ", archive[..BLOCK].iter().map(|byte| u32::from(*byte)).sum::<u32>());
        archive[SUM].copy_from_slice(text.as_bytes());
        archive
    }

    #[test]
    fn everything_else_is_refused() {
        for (change, words) in [
            (Box::new(|header: &mut [u8]| header[KIND] = b'2') as Box<dyn Fn(&mut [u8])>, "a link"),
            (Box::new(|header| header[KIND] = b'1'), "a link"),
            (Box::new(|header| header[KIND] = b'5'), "a folder"),
            (Box::new(|header| header[KIND] = b'x'), "extended header"),
            (Box::new(|header| header[KIND] = b'g'), "extended header"),
            (Box::new(|header| header[KIND] = b'L'), "extended header"),
            (Box::new(|header| header[LINK.start] = b'/'), "a link"),
            (Box::new(|header| header[PREFIX.start] = b'x'), "longer name"),
            (Box::new(|header| header[NAME.start + 2] = b'x'), "two names"),
            (Box::new(|header| header[NAME.start] = 0xff), "no text"),
            (Box::new(|header| header[SIZE].copy_from_slice(b"77777777777\0")), "cut short"),
            (Box::new(|header| header[SIZE].copy_from_slice(b"\x80\0\0\0\0\0\0\0\0\0\0\x05")), "no size"),
            (Box::new(|header| header[SIZE].copy_from_slice(b"-0000000001\0")), "no size"),
            (Box::new(|header| header[MAGIC].copy_from_slice(b"ustar  \0")), "another kind"),
            (Box::new(|header| header[NAME.start..NAME.start + 9].copy_from_slice(b"../../etc")), "does not belong"),
            (Box::new(|header| header[NAME.start..NAME.start + 2].copy_from_slice(b"/a")), "does not belong"),
        ] {
            let told = read(&changed(change), |name| name == "a").unwrap_err();
            assert!(told.contains(words), "{told}: {words}");
        }
        let whole = write([("a", &b"12345"[..])]);
        for cut in [0, 1, 511, 512, 600, 1024, 1535, whole.len() - 512, whole.len() - 1] {
            assert!(read(&whole[..cut], any).is_err(), "cut at {cut}");
        }
        let mut more = whole.clone();
        more.extend_from_slice(&whole);
        assert!(read(&more, any).unwrap_err().contains("follows its end"));
        assert!(read(&write([("a", &b""[..]), ("a", &b""[..])]), any).unwrap_err().contains("twice"));
        assert!(read(&[0x1f, 0x8b, 8, 0], any).unwrap_err().contains("compressed"));
        let mut flipped = whole;
        flipped[0] ^= 1;
        assert!(read(&flipped, any).unwrap_err().contains("damaged"));
    }
}
