//! Files that go with their lines over a Unix socket.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Write as _},
    mem,
    os::{
        fd::{AsFd as _, AsRawFd as _, FromRawFd as _, OwnedFd, RawFd},
        unix::net::UnixStream,
    },
    ptr,
};

/// Room for the descriptors that come with one read, aligned as their header is. A sender sends one
/// at a time.
type Control = [usize; 16];

/// Sends a line, which ends with a newline, and a file.
#[allow(clippy::unnecessary_cast, reason = "lengths are of other types on other systems")]
pub fn send(mut socket: &UnixStream, line: &[u8], file: &File) -> io::Result<()> {
    let descriptor = file.as_raw_fd();
    let mut part = libc::iovec { iov_base: line.as_ptr().cast_mut().cast(), iov_len: line.len() };
    let mut control: Control = [0; 16];
    // SAFETY: all fields are numbers and pointers, for which zero is a value.
    let mut message: libc::msghdr = unsafe { mem::zeroed() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    // SAFETY: computes sizes alone.
    let (space, length) = unsafe { (libc::CMSG_SPACE(size_of::<RawFd>() as _), libc::CMSG_LEN(size_of::<RawFd>() as _)) };
    message.msg_controllen = space as _;
    // SAFETY: `control` has room for a header and a descriptor, and the message says where it is.
    unsafe {
        let header = libc::CMSG_FIRSTHDR(&raw const message);
        (*header).cmsg_level = libc::SOL_SOCKET;
        (*header).cmsg_type = libc::SCM_RIGHTS;
        (*header).cmsg_len = length as _;
        ptr::write_unaligned(libc::CMSG_DATA(header).cast::<RawFd>(), descriptor);
    }
    let sent = again(|| {
        // SAFETY: everything that the message points at lives until the call is over.
        unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const message, 0) }
    })?;
    socket.write_all(&line[sent..])
}

/// Where jobs arrive.
#[derive(Debug)]
pub struct Jobs {
    input: OwnedFd,
    bytes: Vec<u8>,
    /// Of the lines that were not asked for yet, in their order.
    files: VecDeque<File>,
    is_over: bool,
}

impl Jobs {
    /// From standard input, of which this is to be the only reader: what another has taken is not
    /// seen here.
    pub fn standard() -> io::Result<Self> {
        Ok(Self::new(io::stdin().as_fd().try_clone_to_owned()?))
    }

    /// A descriptor to read from: a socket, or anything else, with which no files come.
    #[must_use]
    pub const fn new(input: OwnedFd) -> Self {
        Self { input, bytes: Vec::new(), files: VecDeque::new(), is_over: false }
    }

    /// The next line, without its newline, and the file that came with it; `None` at the end.
    pub fn receive(&mut self) -> io::Result<Option<(String, Option<File>)>> {
        loop {
            if let Some(end) = self.bytes.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.bytes.drain(..=end).collect();
                return Ok(Some((text(&line[..end])?, self.files.pop_front())));
            }
            if self.is_over {
                let rest = mem::take(&mut self.bytes);
                return if rest.is_empty() { Ok(None) } else { Ok(Some((text(&rest)?, self.files.pop_front()))) };
            }
            self.is_over = self.read()? == 0;
        }
    }

    /// Takes what has arrived, and waits for it.
    #[allow(clippy::unnecessary_cast, reason = "lengths are of other types on other systems")]
    fn read(&mut self) -> io::Result<usize> {
        let mut bytes = [0_u8; 1 << 14];
        let input = self.input.as_raw_fd();
        let mut control: Control = [0; 16];
        let mut part = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
        // SAFETY: all fields are numbers and pointers, for which zero is a value.
        let mut message: libc::msghdr = unsafe { mem::zeroed() };
        message.msg_iov = &raw mut part;
        message.msg_iovlen = 1;
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = size_of::<Control>() as _;
        let received = again(|| {
            // SAFETY: everything that the message points at lives until the call is over.
            unsafe { libc::recvmsg(input, &raw mut message, CLOSE_ON_EXEC) }
        });
        let received = match received {
            Err(error) if error.raw_os_error() == Some(libc::ENOTSOCK) => again(|| {
                // SAFETY: as many bytes as there is room for.
                unsafe { libc::read(input, bytes.as_mut_ptr().cast(), bytes.len()) }
            })?,
            received => {
                let received = received?;
                // SAFETY: the system has filled the message in.
                unsafe { self.unpack(&message) };
                received
            }
        };
        self.bytes.extend_from_slice(&bytes[..received]);
        Ok(received)
    }

    /// Takes the descriptors that came with a message.
    ///
    /// # Safety
    ///
    /// The message is one that the system has filled in, and the descriptors in it were not taken
    /// yet.
    #[allow(clippy::unnecessary_cast, reason = "lengths are of other types on other systems")]
    #[allow(clippy::cast_ptr_alignment, reason = "it is read unaligned")]
    unsafe fn unpack(&mut self, message: &libc::msghdr) {
        // SAFETY: these walk over the headers that the system has written, within the room it was given.
        unsafe {
            let mut header = libc::CMSG_FIRSTHDR(message);
            while !header.is_null() {
                if ((*header).cmsg_level, (*header).cmsg_type) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
                    let bytes = (*header).cmsg_len as usize - libc::CMSG_LEN(0) as usize;
                    let first = libc::CMSG_DATA(header).cast::<RawFd>();
                    for index in 0..bytes / size_of::<RawFd>() {
                        let descriptor = ptr::read_unaligned(first.add(index));
                        // Where the system could not set it on arrival.
                        libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC);
                        self.files.push_back(File::from_raw_fd(descriptor));
                    }
                }
                header = libc::CMSG_NXTHDR(message, header);
            }
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
const CLOSE_ON_EXEC: libc::c_int = libc::MSG_CMSG_CLOEXEC;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const CLOSE_ON_EXEC: libc::c_int = 0;

/// A system call, made again where a signal broke in.
fn again(mut call: impl FnMut() -> isize) -> io::Result<usize> {
    loop {
        if let Ok(count) = usize::try_from(call()) {
            return Ok(count);
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

fn text(line: &[u8]) -> io::Result<String> {
    String::from_utf8(line.to_vec()).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

#[cfg(test)]
mod tests {
    use std::{io::Read as _, thread};

    use super::*;
    use crate::results::{Claim, ExperimentFolder};

    #[test]
    fn each_line_arrives_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, theirs) = UnixStream::pair().unwrap();
        // Longer than a socket holds: the sender waits for the reader.
        let lines: Vec<String> = (0..20_usize).map(|number| number.to_string().repeat(1 + number * 9_000)).collect();
        let expected = lines.clone();
        let reader = thread::spawn(move || {
            let mut jobs = Jobs::new(theirs.into());
            for (number, expected) in expected.iter().enumerate() {
                let (line, file) = jobs.receive().unwrap().unwrap();
                assert_eq!(line, *expected);
                let mut text = String::new();
                file.unwrap().read_to_string(&mut text).unwrap();
                assert_eq!(text, number.to_string());
            }
            assert!(jobs.receive().unwrap().is_none());
        });
        for (number, line) in lines.iter().enumerate() {
            let path = folder.path().join(number.to_string());
            fs_err::write(&path, number.to_string()).unwrap();
            send(&ours, format!("{line}\n").as_bytes(), fs_err::File::open(path).unwrap().file()).unwrap();
        }
        drop(ours);
        reader.join().unwrap();
    }

    #[test]
    fn a_claim_that_was_sent_holds_though_its_sender_lets_go_before_it_arrives() {
        let results = tempfile::tempdir().unwrap();
        let run = ExperimentFolder::new(results.path(), &"lr".parse().unwrap()).run(&"0123456789abcdef".parse().unwrap());
        let (ours, theirs) = UnixStream::pair().unwrap();
        let claim = Claim::take(&run).unwrap().unwrap();
        send(&ours, b"the job\n", &claim.log().unwrap()).unwrap();
        drop((claim, ours));
        assert!(Claim::is_taken(&run), "it is on its way");
        let mut jobs = Jobs::new(theirs.into());
        let log = jobs.receive().unwrap().unwrap().1.unwrap();
        drop(jobs);
        assert!(Claim::is_taken(&run), "it has arrived");
        drop(log);
        // A child that another test is just starting has a copy for a moment.
        while Claim::is_taken(&run) {
            thread::yield_now();
        }
    }

    #[test]
    fn lines_also_come_from_what_is_no_socket() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jobs");
        fs_err::write(&path, "one\ntwo").unwrap();
        let mut jobs = Jobs::new(fs_err::File::open(&path).unwrap().into_parts().0.into());
        let mut next = || jobs.receive().unwrap().map(|(line, file)| (line, file.is_some()));
        assert_eq!([next(), next(), next()], [Some(("one".to_owned(), false)), Some(("two".to_owned(), false)), None]);
    }
}
