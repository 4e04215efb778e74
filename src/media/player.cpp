// SPDX-License-Identifier: Apache-2.0
#include "player.h"

#include "codecs.h"
#include "speaker_shop.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <pthread.h>
#include <thread>

namespace media {

namespace {

using namespace std::chrono_literals;
constexpr base::Duration kAhead = 200ms;    // of the device
constexpr base::Duration kPiece = 20ms;     // that is decoded at once
constexpr base::Duration kTurn = 10ms;      // until the next look
constexpr base::Duration kInDevice = 240ms; // its own buffer (speaker.cpp)
constexpr base::Duration kDrain = 300ms;    // the device's own buffer, at the end
constexpr base::Duration kPatience = 4s;    // with a device that opens or takes nothing
constexpr const char *kNoDevice =
    "No audio device was found, so nothing can be played. Start PulseAudio or PipeWire, or connect "
    "a sound card, then play again.";
constexpr const char *kStuck =
    "The audio device takes no sound, so playing stopped. Choose another one under Call, Audio "
    "output, then play again.";

base::Duration lengthOf(std::size_t samples, std::uint32_t rate)
{
    return base::Duration{static_cast<std::int64_t>(samples) * 1'000'000'000 / rate};
}

} // namespace

class Player::Work
{
public:
    explicit Work(std::function<void()> changed)
        : m_changed(std::move(changed)), m_shop([this] { m_wake.notify_all(); }),
          m_thread([this] { run(); })
    {
    }
    ~Work()
    {
        {
            const std::lock_guard guard(m_mutex);
            m_closing = true;
        }
        m_wake.notify_all();
        m_thread.join();
    }
    Work(const Work &) = delete;
    Work &operator=(const Work &) = delete;

    struct Order {
        Program program;
        base::Instant from;
        Output output{};
        std::string device;
    };
    std::uint32_t play(Order order)
    {
        const std::lock_guard guard(m_mutex);
        m_order = std::move(order);
        m_seek.reset();
        m_stop = false;
        m_state = {Stage::Opening, m_state.number + 1, m_order->from, {}, {}};
        m_wake.notify_all();
        return m_state.number;
    }
    void seek(base::Instant at)
    {
        const std::lock_guard guard(m_mutex);
        if (m_state.stage == Stage::Idle)
            return;
        (m_order ? m_order->from : m_seek.emplace()) = at;
        m_state.at = at;
        m_wake.notify_all();
    }
    void stop()
    {
        const std::lock_guard guard(m_mutex);
        m_order.reset();
        m_stop = true;
        m_state.stage = Stage::Idle;
        m_wake.notify_all();
    }
    State state() const
    {
        const std::lock_guard guard(m_mutex);
        return m_state;
    }

private:
    void run();
    void begin(Order order);
    void takeSpeakers();
    void feed();
    void end(const std::string &notice);
    base::Duration sinceStart() const { return std::chrono::steady_clock::now() - m_begun; }

    std::function<void()> m_changed;
    mutable std::mutex m_mutex;
    std::condition_variable m_wake;
    State m_state;
    std::optional<Order> m_order;
    std::optional<base::Instant> m_seek;
    bool m_stop = false, m_closing = false;
    SpeakerShop m_shop;

    // The thread's own.
    std::optional<ProgramReader> m_reader;
    std::shared_ptr<Speaker> m_speaker;
    std::uint32_t m_ticket = 0;
    bool m_silent = false;      // by request: a clock paces it, no device does
    base::Duration m_pushed{0}; // since it began, or since the last seek
    std::chrono::steady_clock::time_point m_begun, m_progress;
    std::thread m_thread; // last: it uses what stands above
};

/// Nothing sounds any more; what is said of it stays until something else is played.
void Player::Work::end(const std::string &notice)
{
    m_reader.reset();
    m_shop.retire(std::exchange(m_speaker, nullptr));
    ++m_ticket; // one that is being opened comes too late
    {
        const std::lock_guard guard(m_mutex);
        if (!m_order) {
            m_state.stage = Stage::Idle;
            if (!notice.empty())
                m_state.notice = notice;
        }
    }
    if (m_changed)
        m_changed();
}

void Player::Work::begin(Order order)
{
    m_shop.retire(std::exchange(m_speaker, nullptr));
    if (const auto started = startGStreamer(); !started) {
        end(started.error().sentence);
        return;
    }
    m_reader.emplace(order.program);
    m_reader->seek(order.from);
    m_silent = order.output == Output::Silent;
    m_progress = std::chrono::steady_clock::now();
    (void)m_shop.open(++m_ticket, order.output, order.device, true);
    if (m_changed)
        m_changed();
}

void Player::Work::takeSpeakers()
{
    for (auto &opened : m_shop.results().take(0ms)) {
        if (opened.ticket != m_ticket || !m_reader) {
            m_shop.retire(std::move(opened.speaker));
            continue;
        }
        m_speaker = std::move(opened.speaker);
        const bool none = m_speaker->device() == "none";
        m_silent = m_silent || (none && m_speaker->notice().empty()); // as the environment wants it
        if (none && !m_silent) {
            end(kNoDevice);
            continue;
        }
        m_begun = m_progress = std::chrono::steady_clock::now();
        m_pushed = base::Duration{0};
        {
            const std::lock_guard guard(m_mutex);
            if (m_order || m_stop)
                continue;
            m_state.stage = Stage::Playing;
            m_state.device = m_speaker->device();
            m_state.notice = m_speaker->notice();
        }
        if (m_changed)
            m_changed();
    }
}

/// Keeps the device supplied, and knows what sounds.
void Player::Work::feed()
{
    if (const auto trouble = m_speaker->trouble()) {
        end("The audio device (" + m_speaker->device() +
            ") went away, so playing stopped. Connect it again or choose another one, then play "
            "again.");
        return;
    }
    std::vector<std::int16_t> samples(m_reader->rate() * kPiece.count() / 1'000'000'000);
    const auto ahead = [this] { return m_silent ? m_pushed - sinceStart() : m_speaker->waiting(); };
    bool over = false;
    while (!over && ahead() < kAhead) {
        const std::size_t count = m_reader->read(samples);
        over = count == 0;
        if (over)
            break;
        m_speaker->play({}, std::span(samples).first(count), m_reader->rate());
        m_pushed += lengthOf(count, m_reader->rate());
        m_progress = std::chrono::steady_clock::now();
    }
    const base::Duration waits = std::max(base::Duration{0}, ahead());
    std::string notice = m_reader->trouble();
    if (const auto moved = m_speaker->moved())
        notice = *moved;
    bool news = false;
    {
        const std::lock_guard guard(m_mutex);
        if (!m_order && !m_seek)
            m_state.at =
                std::max(m_state.at, m_reader->at() - waits - (m_silent ? 0ns : kInDevice));
        news = !notice.empty() && notice != m_state.notice;
        if (news)
            m_state.notice = notice;
    }
    if (news && m_changed)
        m_changed();
    const auto idle = std::chrono::steady_clock::now() - m_progress;
    if (over && waits.count() == 0 && idle > kDrain)
        end({});
    else if (!over && idle > kPatience)
        end(kStuck);
}

void Player::Work::run()
{
    ::pthread_setname_np(::pthread_self(), "player");
    std::unique_lock lock(m_mutex);
    while (!m_closing) {
        auto order = std::exchange(m_order, std::nullopt);
        auto seek = std::exchange(m_seek, std::nullopt);
        const bool stops = std::exchange(m_stop, false);
        lock.unlock();
        if (order)
            begin(std::move(*order));
        else if (stops)
            end({});
        if (m_reader && seek) {
            m_reader->seek(*seek);
            m_begun = std::chrono::steady_clock::now();
            m_pushed = base::Duration{0};
        }
        takeSpeakers();
        if (m_reader && m_speaker)
            feed();
        else if (m_reader && std::chrono::steady_clock::now() - m_progress > kPatience)
            end("The audio server does not answer, so nothing can be played. Start PulseAudio or "
                "PipeWire again, then play again.");
        lock.lock();
        if (m_order || m_stop || m_seek || m_closing)
            continue;
        if (m_reader)
            m_wake.wait_for(lock, kTurn);
        else
            m_wake.wait(lock);
    }
    lock.unlock();
    m_reader.reset();
    m_shop.retire(std::exchange(m_speaker, nullptr));
}

Player::Player(std::function<void()> changed) : m_work(std::make_unique<Work>(std::move(changed)))
{
}

Player::~Player() = default;

std::uint32_t Player::play(Program program, base::Instant from, Output output,
                           const std::string &device)
{
    return m_work->play({std::move(program), from, output, device});
}

void Player::seek(base::Instant at)
{
    m_work->seek(at);
}

void Player::stop()
{
    m_work->stop();
}

Player::State Player::state() const
{
    return m_work->state();
}

} // namespace media
