/* Preloaded into a process, this makes its disk slow or full and its wall clock wrong, as a small file shared with the
 * stand says at that moment (CAMPAIGN_SHIM names it). It acts on calls that go through the C library's own symbols:
 * those of PostgreSQL, of the Java runtime and of Python do. While nothing is set a call costs one more memory read.
 *
 * A full disk refuses what would make a regular file grow; what lies inside a file can be overwritten, as on a real one.
 * Only files below CAMPAIGN_SHIM_FOLDER are on that disk (all files when it is not set), never the standard streams.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* shim.py knows this layout */
struct control {
    volatile int64_t fsync_delay_us;
    volatile int64_t disk_full;
    volatile int64_t clock_offset_us;
    int64_t loaded;  /* processes that were started with the shim */
    int64_t delayed; /* calls that had to wait */
    int64_t refused; /* calls that found the disk full */
};

static struct control nothing_set;
static struct control *control = &nothing_set;
static char folder[PATH_MAX];

#define REAL(name)                                                     \
    static __typeof__(&name) real;                                     \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void attach(void) {
    const char *path = getenv("CAMPAIGN_SHIM");
    const char *below = getenv("CAMPAIGN_SHIM_FOLDER");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void *shared = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (shared == MAP_FAILED) return;
    if (below && !realpath(below, folder)) snprintf(folder, sizeof folder, "%s", below);
    control = shared;
    __atomic_add_fetch(&control->loaded, 1, __ATOMIC_RELAXED);
}

/* ---- slow disk: in short naps, so that the end of the trouble is noticed at once ---- */

static void wait_for_disk(void) {
    int64_t waited = 0;
    int before = errno;
    if (control->fsync_delay_us <= 0) return;
    __atomic_add_fetch(&control->delayed, 1, __ATOMIC_RELAXED);
    while (waited < control->fsync_delay_us) {
        int64_t left = control->fsync_delay_us - waited;
        int64_t nap = left < 5000 ? left : 5000;
        struct timespec pause = {0, nap * 1000};
        if (nap > 0) nanosleep(&pause, NULL);
        waited += nap;
    }
    errno = before;
}

int fsync(int fd) {
    REAL(fsync);
    wait_for_disk();
    return real(fd);
}

int fdatasync(int fd) {
    REAL(fdatasync);
    wait_for_disk();
    return real(fd);
}

int msync(void *start, size_t length, int flags) {
    REAL(msync);
    if (flags & MS_SYNC) wait_for_disk();
    return real(start, length, flags);
}

/* ---- full disk ---- */

static int on_our_disk(int fd) {
    char link[64], path[PATH_MAX];
    size_t length = strlen(folder);
    if (!length) return 1;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t read = readlink(link, path, sizeof path - 1);
    if (read < 0) return 0;
    path[read] = 0;
    return !strncmp(path, folder, length) && (path[length] == '/' || !path[length]);
}

/* `at` below zero: where the file stands now. */
static int no_room(int fd, off_t at, int64_t bytes) {
    struct stat file;
    int before = errno, found = 0;
    if (!control->disk_full || fd <= STDERR_FILENO || bytes <= 0) return 0;
    if (!fstat(fd, &file) && S_ISREG(file.st_mode)) {
        if (at < 0) at = fcntl(fd, F_GETFL) & O_APPEND ? file.st_size : lseek(fd, 0, SEEK_CUR);
        found = at + bytes > file.st_size && on_our_disk(fd);
    }
    if (found) __atomic_add_fetch(&control->refused, 1, __ATOMIC_RELAXED);
    errno = found ? ENOSPC : before;
    return found;
}

static int64_t length_of(const struct iovec *parts, int count) {
    int64_t sum = 0;
    for (int i = 0; i < count; i++) sum += parts[i].iov_len;
    return sum;
}

ssize_t write(int fd, const void *data, size_t bytes) {
    REAL(write);
    return no_room(fd, -1, bytes) ? -1 : real(fd, data, bytes);
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t at) {
    REAL(pwrite);
    return no_room(fd, at, bytes) ? -1 : real(fd, data, bytes, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev);
    if (control->disk_full && no_room(fd, -1, length_of(parts, count))) return -1;
    return real(fd, parts, count);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
    REAL(pwritev);
    if (control->disk_full && no_room(fd, at, length_of(parts, count))) return -1;
    return real(fd, parts, count, at);
}

ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t at, int flags) {
    REAL(pwritev2);
    if (control->disk_full && no_room(fd, at, length_of(parts, count))) return -1;
    return real(fd, parts, count, at, flags);
}

int posix_fallocate(int fd, off_t at, off_t bytes) {
    REAL(posix_fallocate);
    return no_room(fd, at, bytes) ? ENOSPC : real(fd, at, bytes);
}

int fallocate(int fd, int mode, off_t at, off_t bytes) {
    REAL(fallocate);
    if (!(mode & FALLOC_FL_PUNCH_HOLE) && no_room(fd, at, bytes)) return -1;
    return real(fd, mode, at, bytes);
}

/* A file with holes that is mapped needs room at the first write to a hole, where a real disk ends the program by
 * SIGBUS. Here the mapping itself is refused: else Kafka would get further on a full disk than it does on a real one. */
void *mmap(void *wish, size_t length, int allowed, int flags, int fd, off_t at) {
    REAL(mmap);
    struct stat file;
    if (control->disk_full && fd >= 0 && flags & MAP_SHARED && allowed & PROT_WRITE && !fstat(fd, &file) &&
        S_ISREG(file.st_mode) && file.st_blocks * 512 < file.st_size && on_our_disk(fd)) {
        __atomic_add_fetch(&control->refused, 1, __ATOMIC_RELAXED);
        errno = ENOSPC;
        return MAP_FAILED;
    }
    return real(wish, length, allowed, flags, fd, at);
}

/* the same functions under their other names: an offset has 64 bits anyway */
_Static_assert(sizeof(off_t) == 8, "files are addressed with 64 bits");
ssize_t pwrite64(int fd, const void *data, size_t bytes, off64_t at) { return pwrite(fd, data, bytes, at); }
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) { return pwritev(fd, parts, count, at); }
ssize_t pwritev64v2(int fd, const struct iovec *parts, int count, off64_t at, int flags) {
    return pwritev2(fd, parts, count, at, flags);
}
void *mmap64(void *wish, size_t length, int allowed, int flags, int fd, off64_t at) {
    return mmap(wish, length, allowed, flags, fd, at);
}
int posix_fallocate64(int fd, off64_t at, off64_t bytes) { return posix_fallocate(fd, at, bytes); }
int fallocate64(int fd, int mode, off64_t at, off64_t bytes) { return fallocate(fd, mode, at, bytes); }

/* ---- wrong clock: only the wall clock; what measures durations goes on as before ---- */

int clock_gettime(clockid_t clock, struct timespec *now) {
    REAL(clock_gettime);
    int result = real(clock, now);
    int64_t offset = control->clock_offset_us;
    if (offset && !result && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        int64_t nanoseconds = now->tv_nsec + (offset % 1000000) * 1000;
        int64_t carry = nanoseconds < 0 ? -1 : nanoseconds >= 1000000000 ? 1 : 0;
        now->tv_sec += offset / 1000000 + carry;
        now->tv_nsec = nanoseconds - carry * 1000000000;
    }
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec precise;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &precise)) return -1;
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *kept) {
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME_COARSE, &now)) return -1;
    if (kept) *kept = now.tv_sec;
    return now.tv_sec;
}
