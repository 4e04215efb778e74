// SPDX-License-Identifier: Apache-2.0
// A PulseAudio of our own with one null sink, and a recording of what is played into it: proof that
// a sound reaches the device. Private folder and socket; processes are ended by their own ids.
#pragma once

#include "step_until.h"

#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <mutex>
#include <numbers>
#include <poll.h>
#include <span>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace support {

/// A child process that ends with its owner.
class Child
{
public:
    Child(std::vector<std::string> arguments,
          std::vector<std::pair<std::string, std::string>> environment, int output = -1)
    {
        m_pid = ::fork();
        if (m_pid != 0)
            return;
        for (const auto &[name, value] : environment)
            ::setenv(name.c_str(), value.c_str(), 1);
        const int nowhere = ::open("/dev/null", O_RDWR);
        ::dup2(nowhere, 0);
        ::dup2(output >= 0 ? output : nowhere, 1);
        ::dup2(nowhere, 2);
        std::vector<char *> argv;
        for (auto &a : arguments)
            argv.push_back(a.data());
        argv.push_back(nullptr);
        ::execvp(argv[0], argv.data());
        ::_exit(127);
    }
    Child(const Child &) = delete;
    Child &operator=(const Child &) = delete;
    ~Child()
    {
        if (m_pid <= 0)
            return;
        ::kill(m_pid, SIGTERM);
        const bool ended = stepUntil([&] { return ::waitpid(m_pid, nullptr, WNOHANG) != 0; },
                                     std::chrono::seconds(3));
        if (!ended) {
            ::kill(m_pid, SIGKILL);
            ::waitpid(m_pid, nullptr, 0);
        }
    }
    pid_t pid() const { return m_pid; }

private:
    pid_t m_pid = -1;
};

/// While it lives, PULSE_SERVER of this process points to a server of its own.
class NullSink
{
public:
    NullSink()
    {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "earshot-pulse-XXXXXX").string();
        m_folder = ::mkdtemp(pattern.data());
        const std::string socket = m_folder + "/native";
        m_environment = {{"HOME", m_folder},
                         {"XDG_RUNTIME_DIR", m_folder},
                         {"XDG_CONFIG_HOME", m_folder},
                         {"DBUS_SESSION_BUS_ADDRESS", "unix:path=" + m_folder + "/none"}};
        m_server = std::make_unique<Child>(
            std::vector<std::string>{
                "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
                "-L", "module-null-sink sink_name=testsink rate=48000 channels=1", "-L",
                "module-native-protocol-unix auth-anonymous=1 socket=" + socket},
            m_environment);
        m_environment.emplace_back("PULSE_SERVER", "unix:" + socket);
        ::setenv("PULSE_SERVER", ("unix:" + socket).c_str(), 1);
        m_up = stepUntil([&] { return std::filesystem::exists(socket); });
    }
    ~NullSink()
    {
        m_server.reset();
        ::unsetenv("PULSE_SERVER");
        std::error_code ignored;
        std::filesystem::remove_all(m_folder, ignored);
    }
    NullSink(const NullSink &) = delete;
    NullSink &operator=(const NullSink &) = delete;
    bool up() const { return m_up; }
    void stop() { m_server.reset(); }
    const auto &environment() const { return m_environment; }

private:
    std::string m_folder;
    std::vector<std::pair<std::string, std::string>> m_environment;
    std::unique_ptr<Child> m_server;
    bool m_up = false;
};

/// Records the null sink's monitor; remembers when each piece was read (nanoseconds since the
/// epoch).
class Monitor
{
public:
    static constexpr int kRate = 8000;

    explicit Monitor(const NullSink &sink, const std::string &name = "testsink")
    {
        int ends[2] = {-1, -1};
        if (::pipe2(ends, O_CLOEXEC) != 0)
            return;
        m_read = ends[0];
        m_child = std::make_unique<Child>(
            std::vector<std::string>{"parec", "-d", name + ".monitor", "--rate=8000",
                                     "--channels=1", "--format=s16le", "--latency-msec=5", "--raw"},
            sink.environment(), ends[1]);
        ::close(ends[1]);
        m_thread = std::thread([this] { run(); });
    }
    ~Monitor()
    {
        m_stop = true;
        m_thread.join();
        m_child.reset();
        ::close(m_read);
    }
    Monitor(const Monitor &) = delete;
    Monitor &operator=(const Monitor &) = delete;

    std::vector<std::int16_t> samples() const
    {
        std::lock_guard guard(m_mutex);
        return m_samples;
    }
    std::size_t count() const
    {
        std::lock_guard guard(m_mutex);
        return m_samples.size();
    }
    /// When the sample was read, 0: it was not.
    std::int64_t timeOf(std::size_t sample) const
    {
        std::lock_guard guard(m_mutex);
        for (const auto &[end, time] : m_pieces)
            if (sample < end)
                return time;
        return 0;
    }

private:
    void run()
    {
        std::vector<char> bytes;
        while (!m_stop) {
            pollfd waiting{m_read, POLLIN, 0};
            if (::poll(&waiting, 1, 20) <= 0)
                continue;
            char buffer[4096];
            const ssize_t n = ::read(m_read, buffer, sizeof buffer);
            if (n <= 0)
                return;
            const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                std::chrono::system_clock::now().time_since_epoch());
            bytes.insert(bytes.end(), buffer, buffer + n);
            std::lock_guard guard(m_mutex);
            std::size_t at = 0;
            for (; at + 2 <= bytes.size(); at += 2)
                m_samples.push_back(
                    static_cast<std::int16_t>(static_cast<std::uint8_t>(bytes[at]) |
                                              static_cast<std::uint8_t>(bytes[at + 1]) << 8));
            bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
            m_pieces.emplace_back(m_samples.size(), now.count());
        }
    }

    int m_read = -1;
    std::unique_ptr<Child> m_child;
    std::thread m_thread;
    std::atomic<bool> m_stop{false};
    mutable std::mutex m_mutex;
    std::vector<std::int16_t> m_samples;
    std::vector<std::pair<std::size_t, std::int64_t>> m_pieces;
};

/// Power of one frequency in the samples relative to a full-scale square wave, in dB (Goertzel's
/// DFT bin).
inline double powerAt(std::span<const std::int16_t> samples, double hertz, double rate)
{
    double re = 0, im = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const double phase = 2 * std::numbers::pi * hertz * static_cast<double>(i) / rate;
        re += samples[i] * std::cos(phase);
        im += samples[i] * std::sin(phase);
    }
    const auto n = static_cast<double>(samples.size());
    const double meanSquare = 2 * (re * re + im * im) / (n * n);
    return 10 * std::log10(std::max(meanSquare / (32768.0 * 32768.0), 1e-12));
}

/// The strongest frequency between 50 Hz and 3400 Hz, in steps of 5 Hz.
inline double strongest(std::span<const std::int16_t> samples, double rate)
{
    double best = 0, power = -1000;
    for (double f = 50; f <= 3400; f += 5) {
        const double p = powerAt(samples, f, rate);
        if (p > power) {
            power = p;
            best = f;
        }
    }
    return best;
}

} // namespace support
