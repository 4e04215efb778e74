// SPDX-License-Identifier: Apache-2.0
#include <session/analysis.h>

#include <algorithm>
#include <record/recorder.h>

namespace session {
namespace {

constexpr std::size_t kBatchesWaiting = 8; // what a cancelled import still folds
constexpr std::size_t kSettlingAtOnce = 1024;
constexpr std::size_t kKeysWaiting = 1024;
constexpr std::size_t kMostFlaws = 100;
constexpr std::chrono::milliseconds kMediaEvery{100}; // judging anew for RTP alone
constexpr std::chrono::milliseconds kPublishAtMost{
    20}; // of one update's making; the rest comes with the next
constexpr std::chrono::milliseconds kLongestPause{1000};
constexpr int kRestPerWork = 10; // while packets wait, publishing takes at most one part in so many

} // namespace

Session::Analysis::Analysis(Options options, OnUpdate onUpdate)
    : m_options(std::move(options)), m_onUpdate(std::move(onUpdate)),
      m_inbox(m_options.inboxCapacity), m_keys(kKeysWaiting), m_batches(kBatchesWaiting),
      m_settling(kSettlingAtOnce), m_asked(kSettlingAtOnce), m_judge(m_folds, m_options.live),
      m_importer(m_batches, m_folds.trace(), [this] { wake(); })
{
    if (!m_options.textFolder.empty()) // what it cannot do is told with each update
        (void)m_folds.bound(m_options.textInMemory, m_options.textFolder);
    m_thread = std::thread([this] { run(); });
}

Session::Analysis::~Analysis()
{
    m_stop = true;
    m_importer.cancel();
    m_batches.close();
    m_keys.close();
    m_settling.close();
    m_asked.close();
    m_inbox.close();
    m_thread.join();
}

/// The thread waits on its inbox only; an empty local packet makes it look around.
void Session::Analysis::wake()
{
    base::Packet nothing;
    nothing.kind = base::PacketKind::Local;
    if (!m_inbox.push(std::move(nothing)))
        ++m_lostWakes; // a full inbox keeps the thread awake anyway
}

base::Result<void> Session::Analysis::import(const std::string &path, const ClockChoice &clock,
                                             const std::string &next)
{
    return begin([&] { return m_importer.start(path, m_options.keyLog, clock, next); });
}

base::Result<void> Session::Analysis::follow(const std::string &path)
{
    return begin([&] { return m_importer.follow(path, m_options.keyLog); });
}

void Session::Analysis::learnKey(const base::Endpoint &sender, const rtp::SdesKey &key)
{
    (void)m_keys.push({sender, key}); // more at once than a call could have: they are not for us
}

base::Result<void> Session::Analysis::import(const std::string &name, const base::Blob &bytes)
{
    return begin([&] { return m_importer.start(name, bytes, {}, {}); });
}

base::Result<void> Session::Analysis::begin(const std::function<base::Result<void>()> &start)
{
    if (m_importing.exchange(true))
        return base::fail(
            base::ErrorCode::Refused,
            "Another file is being read. Wait for its end, or cancel it, and open this one again.");
    auto started = start();
    if (!started) {
        m_importing = false;
        wake(); // somebody may wait for the end of an import that never began
    }
    return started;
}

bool Session::Analysis::settle(std::chrono::milliseconds limit)
{
    auto settled = std::make_shared<std::promise<void>>();
    auto future = settled->get_future();
    if (!m_settling.pushWaiting(std::move(settled)))
        return false;
    wake();
    return future.wait_for(limit) == std::future_status::ready;
}

std::vector<std::shared_ptr<const rtp::Stream>>
Session::Analysis::streams(std::chrono::milliseconds limit)
{
    auto asked = std::make_shared<std::promise<Streams>>();
    auto future = asked->get_future();
    if (!m_asked.pushWaiting(std::move(asked)))
        return {};
    wake();
    return future.wait_for(limit) == std::future_status::ready ? future.get() : Streams{};
}

void Session::Analysis::run()
{
    while (!m_stop) {
        takePackets(pause());
        takeWaiters();
        takeBatches();
        m_judge.takeDue();
        if (m_judge.mediaWaiting() && (Clock::now() >= m_nextMedia || !m_waiters.empty())) {
            m_judge.takeMedia();
            m_nextMedia = Clock::now() + kMediaEvery;
        }
        if (publishDue())
            publish();
        answerWaiters();
        answerAsked();
    }
    if (!m_options.recorder)
        return;
    for (const base::Packet &packet : m_inbox.take(std::chrono::nanoseconds(0), ~std::size_t{0}))
        m_options.recorder->put(packet); // the farewells of calls that ended with the session
}

bool Session::Analysis::reading() const
{
    return m_importing && !m_import.caughtUp;
}

bool Session::Analysis::changed() const
{
    return m_judge.waiting() || m_judge.news() || m_importChanged;
}

/// How long the thread may wait for the next packet.
std::chrono::nanoseconds Session::Analysis::pause() const
{
    if (m_batches.size() != 0 || m_settling.size() != 0 || m_asked.size() != 0)
        return std::chrono::nanoseconds(0);
    if (!m_waiters.empty() && (changed() || m_judge.mediaWaiting()))
        return std::chrono::nanoseconds(0);
    std::chrono::nanoseconds wait = kLongestPause;
    const auto now = Clock::now();
    if (changed())
        wait = std::min<std::chrono::nanoseconds>(wait, m_nextPublish - now);
    if (m_judge.mediaWaiting())
        wait = std::min<std::chrono::nanoseconds>(wait, m_nextMedia - now);
    if (const base::Instant recheck = m_judge.nextRecheck(); recheck.known())
        wait = std::min<std::chrono::nanoseconds>(wait, recheck - base::now());
    return std::max(wait, std::chrono::nanoseconds(0));
}

void Session::Analysis::takePackets(std::chrono::nanoseconds wait)
{
    const auto packets = m_inbox.take(wait);
    for (const auto &[sender, key] : m_keys.take(std::chrono::nanoseconds(0)))
        m_folds.learnKey(sender, key); // it came before what it opens
    for (const base::Packet &packet : packets) {
        ++m_taken;
        if (packet.kind == base::PacketKind::Local && !packet.local)
            continue; // a wake
        if (m_options.recorder)
            m_options.recorder->put(packet);
        m_folds.add(packet);
    }
    m_judge.takeChanges(false);
}

void Session::Analysis::takeWaiters()
{
    for (auto &settled : m_settling.take(std::chrono::nanoseconds(0)))
        m_waiters.push_back({std::move(settled), m_taken + m_inbox.size()});
}

void Session::Analysis::beginImport(ImportBatch &batch)
{
    m_folds.beginCapture(batch.owner);
    m_import = {};
    m_import.path = std::move(batch.path);
    m_import.number = ++m_files;
    m_import.running = true;
}

void Session::Analysis::takeBatches()
{
    for (ImportBatch &batch : m_batches.take(std::chrono::nanoseconds(0), 4)) {
        m_importChanged = true;
        if (!batch.path.empty())
            beginImport(batch);
        const Counts before = m_folds.counts();
        m_folds.readFrom(m_files);
        if (batch.digests.empty())
            takeDigests(batch, m_folds.trace());
        for (std::size_t i = 0; i < batch.packets.size(); ++i) {
            m_folds.expect(batch.digests, i);
            m_folds.add(batch.packets[i], batch.digests[i] ? &*batch.digests[i] : nullptr);
        }
        if (!batch.packets.empty())
            m_folds.captured(batch.packets.back().time);
        countImported(before);
        m_judge.takeChanges(true);
        if (batch.clock)
            m_import.clock = *batch.clock;
        for (auto &[end, name] : batch.names)
            m_published.name(end, std::move(name));
        m_import.progress = batch.progress;
        tellFlaws(std::move(batch.flaws));
        m_import.caughtUp = batch.caughtUp;
        if (batch.caughtUp) // what is followed has no end: its calls are judged as they stand
            m_judge.endImport();
        if (batch.finished)
            finishImport(batch);
        m_folds.readFrom(0); // live packets may come in between
    }
}

void Session::Analysis::tellFlaws(std::vector<std::string> flaws)
{
    for (std::string &flaw : flaws) {
        if (m_import.flaws.size() < kMostFlaws)
            m_import.flaws.push_back(std::move(flaw));
    }
}

/// Only what the folds were given by the file: live packets come between its batches.
void Session::Analysis::countImported(const Counts &before)
{
    m_import.messages += m_folds.counts().messages - before.messages;
    m_import.rtpPackets += m_folds.counts().rtpPackets - before.rtpPackets;
}

void Session::Analysis::finishImport(ImportBatch &batch)
{
    const Counts before = m_folds.counts();
    if (!batch.goesOn)
        tellFlaws(m_folds.endCapture());
    countImported(before);
    m_judge.takeChanges(true);
    m_judge.takeMedia();
    m_judge.endImport();
    m_import.outcome = std::move(batch.outcome);
    m_import.error = std::move(batch.error);
    m_import.running = false;
    m_published.finished(m_import);
    m_importing = false;
}

bool Session::Analysis::publishDue() const
{
    return changed() && (Clock::now() >= m_nextPublish ||
                         (!m_waiters.empty() && m_inbox.size() == 0 && !reading()));
}

std::shared_ptr<Update> Session::Analysis::update()
{
    auto out = std::make_shared<Update>();
    const auto until = Clock::now() + kPublishAtMost;
    while (m_judge.waiting() && Clock::now() < until)
        m_judge.next(out->calls);
    m_judge.fill(*out);
    const Counts &counts = m_folds.counts();
    out->number = ++m_number;
    out->import = m_import;
    out->messages = counts.messages;
    out->packets = counts.packets;
    out->rtpPackets = counts.rtpPackets;
    out->rtpStreams = counts.rtpStreams;
    // In this order: a wake is counted here only after the inbox has counted it.
    const std::uint64_t lostWakes = m_lostWakes;
    out->dropped = m_inbox.dropped() - lostWakes;
    out->evicted = m_folds.evicted();
    out->memory = m_folds.trace().memory();
    m_importChanged = false;
    return out;
}

void Session::Analysis::publish()
{
    const auto begun = Clock::now();
    const std::shared_ptr<const Update> made = update();
    m_published.put(made);
    if (m_onUpdate)
        m_onUpdate(made);
    const auto ended = Clock::now();
    // While packets wait, folding them comes first.
    const bool behind = reading() || m_inbox.size() != 0;
    const auto rest = behind ? (ended - begun) * kRestPerWork : Clock::duration::zero();
    m_nextPublish = std::max<Clock::time_point>(
        begun + std::chrono::duration_cast<Clock::duration>(m_options.publishEvery), ended + rest);
}

bool Session::Analysis::caughtUp(const Waiter &waiter) const
{
    return m_taken >= waiter.packets && !reading() && !changed() && !m_judge.mediaWaiting();
}

void Session::Analysis::answerWaiters()
{
    const auto answered =
        std::remove_if(m_waiters.begin(), m_waiters.end(), [this](const Waiter &waiter) {
            if (!caughtUp(waiter))
                return false;
            waiter.settled->set_value();
            return true;
        });
    m_waiters.erase(answered, m_waiters.end());
}

void Session::Analysis::answerAsked()
{
    for (const auto &asked : m_asked.take(std::chrono::nanoseconds(0)))
        asked->set_value(m_folds.streams());
}

} // namespace session
