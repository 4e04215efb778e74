// SPDX-License-Identifier: Apache-2.0
#include <record/recorder.h>

#include <csignal>
#include <system_error>

namespace record {
namespace {

constexpr std::size_t kWaiting = 1U << 16U; // packets; more means a disk that hangs
constexpr std::chrono::milliseconds kPause{250};
constexpr std::size_t kMostBuffered = 1U << 20U; // bytes before they go to the file

/// A file beyond the process's limit raises a signal in the thread that writes; refused, write()
/// tells the error instead.
void refuseSizeSignal()
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

} // namespace

Recorder::Recorder(std::string first, OnTrouble onTrouble)
    : m_first(std::move(first)), m_onTrouble(std::move(onTrouble)), m_queue(kWaiting)
{
}

base::Result<std::unique_ptr<Recorder>> Recorder::open(FileOptions options, OnTrouble onTrouble)
{
    std::unique_ptr<Recorder> out(new Recorder(options.path, std::move(onTrouble)));
    if (auto opened = out->m_file.open(std::move(options), out->m_writer.begin()); !opened)
        return tl::unexpected<base::Error>(opened.error());
    out->publish();
    try {
        out->m_thread = std::thread([self = out.get()] { self->run(); });
    } catch (const std::system_error &error) {
        return base::fail(base::ErrorCode::Internal,
                          "The system gives this program no further thread, so the session is not "
                          "recorded. Close other programs and try again.",
                          error.what());
    }
    return out;
}

Recorder::~Recorder()
{
    m_stop = true;
    m_queue.close();
    if (m_thread.joinable())
        m_thread.join();
}

void Recorder::put(const base::Packet &packet)
{
    if (!m_recording)
        return;
    if (m_queue.push(packet))
        ++m_put;
}

void Recorder::run()
{
    refuseSizeSignal();
    bool lossTold = false;
    for (;;) {
        const bool last = m_stop;
        const auto packets = m_queue.take(kPause);
        write(packets);
        m_taken += packets.size();
        if (!last && !lossTold && m_queue.dropped() != 0 && m_onTrouble) {
            lossTold = true;
            m_onTrouble("The disk is too slow for this session: some packets are missing in its "
                        "file. The ladder has them all.");
        }
        if (last && packets.empty())
            break;
    }
    std::string rest;
    m_writer.finish(rest);
    if (auto written = m_file.append(rest); !written)
        stop(written.error());
    m_file.close();
}

void Recorder::write(const std::vector<base::Packet> &packets)
{
    if (packets.empty() || !m_file.isOpen())
        return;
    std::string buffer;
    const auto flush = [&] {
        auto written = m_file.append(buffer);
        buffer.clear();
        if (!written)
            stop(written.error());
    };
    std::uint64_t count = 0;
    for (const base::Packet &packet : packets) {
        m_writer.add(packet, buffer);
        ++count;
        if (buffer.size() < kMostBuffered)
            continue;
        flush();
        rotate();
    }
    flush();
    rotate();
    {
        const std::lock_guard guard(m_mutex);
        m_state.packets += m_file.isOpen() ? count : 0;
    }
    publish();
}

void Recorder::rotate()
{
    if (!m_file.full())
        return;
    if (auto begun = m_file.next(m_writer.begin()); !begun)
        stop(begun.error());
}

void Recorder::stop(const base::Error &error)
{
    m_recording = false;
    publish();
    if (m_onTrouble)
        m_onTrouble(error.sentence);
}

void Recorder::publish()
{
    const std::lock_guard guard(m_mutex);
    m_state.first = m_first;
    m_state.current = m_file.path();
    m_state.oldest = m_file.oldest();
    m_state.files = m_file.number() - m_file.oldest() + 1;
    m_state.bytes = m_file.size();
    m_state.recording = m_recording;
}

Recorder::State Recorder::state() const
{
    State out;
    {
        const std::lock_guard guard(m_mutex);
        out = m_state;
    }
    out.dropped = m_queue.dropped();
    return out;
}

bool Recorder::settle(std::chrono::milliseconds limit) const
{
    const auto end = std::chrono::steady_clock::now() + limit;
    const std::uint64_t until = m_put;
    while (m_taken < until) {
        if (std::chrono::steady_clock::now() >= end)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

} // namespace record
