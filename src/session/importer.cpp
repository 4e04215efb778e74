// SPDX-License-Identifier: Apache-2.0
#include <session/importer.h>

#include <algorithm>
#include <base/told_time.h>
#include <ingest/continued.h>
#include <ingest/decode/decoder.h>
#include <ingest/follow.h>
#include <ingest/mapping.h>
#include <session/clock_reader.h>
#include <system_error>
#include <utility>

namespace session {
namespace {

constexpr std::size_t kBatch = 512; // packets
constexpr std::size_t kMostNames = 65536;

/// Of a message that the capture cut the analysis takes the digest with more care.
std::optional<sip::Digest> digestOf(const base::Packet &packet, const trace::Trace &trace)
{
    std::optional<sip::Digest> digest;
    const bool maybe =
        packet.kind == base::PacketKind::Datagram && !packet.cut &&
        (packet.hint == base::PayloadHint::Unknown || packet.hint == base::PayloadHint::Sip);
    if (maybe && !sip::readDigest(packet.payload.text(), digest.emplace(), packet.hash))
        digest.reset();
    if (digest)
        trace.hashNames(*digest);
    return digest;
}

/// Who keeps the file's bytes alive keeps them for all of its packets: counting owners for each
/// would cost two threads more than decoding it.
void disown(base::Blob &payload, const std::shared_ptr<const void> &owner)
{
    if (owner && payload.owner() == owner)
        payload = base::Blob::view(
            std::shared_ptr<const void>(std::shared_ptr<void>(), owner.get()), payload.text());
}

void put(ImportBatch &batch, base::Packet packet, const std::shared_ptr<const void> &owner)
{
    if (batch.packets.capacity() == 0)
        batch.packets.reserve(kBatch);
    disown(packet.payload, owner);
    batch.packets.push_back(std::move(packet));
}

/// Of a log that leaves its own host out.
void complete(base::Packet &packet, const base::Endpoint &host)
{
    if (packet.source.known() != packet.destination.known())
        (packet.source.known() ? packet.destination : packet.source) = host;
}

/// The digests are half of the work: whoever of the two threads has time takes them.
void shareWork(ImportBatch &batch, const Importer::Batches &batches, const trace::Trace &trace)
{
    constexpr std::size_t kWaiting = 2; // batches: enough that the analysis has something to do
    if (batches.size() > kWaiting)
        takeDigests(batch, trace);
}

} // namespace

void takeDigests(ImportBatch &batch, const trace::Trace &trace)
{
    batch.digests.reserve(batch.packets.size());
    for (const base::Packet &packet : batch.packets)
        batch.digests.push_back(digestOf(packet, trace));
}

Importer::~Importer()
{
    m_cancel = true;
    m_batches.close();
    if (m_thread.joinable())
        m_thread.join();
}

base::Result<base::Blob> Importer::keysIn(const std::string &keyLog)
{
    if (keyLog.empty())
        return base::Blob();
    auto keys = ingest::mapFile(keyLog);
    if (!keys)
        return base::fail(keys.error().code, "The key log is of no use: " + keys.error().sentence,
                          keys.error().context);
    return keys;
}

base::Result<void> Importer::start(const std::string &path, const std::string &keyLog,
                                   const ClockChoice &clock, const std::string &next)
{
    const auto bytes = ingest::mapFile(path);
    if (!bytes)
        return tl::unexpected(bytes.error());
    const auto keys = keysIn(keyLog);
    if (!keys)
        return tl::unexpected(keys.error());
    return start(path, *bytes, *keys, clock, next);
}

base::Result<void> Importer::start(const std::string &name, const base::Blob &bytes,
                                   const base::Blob &keyLog, const ClockChoice &clock,
                                   const std::string &next)
{
    if (const auto source = ingest::recognise(name, bytes.text()); !source)
        return tl::unexpected(source.error());
    Job job;
    job.path = name;
    job.bytes = bytes.size();
    job.owner = bytes.owner();
    job.next = next;
    const bool continued = m_expected == name; // read and written between two threads' lives
    job.clock = [this, name, bytes, clock, continued] {
        return clockOf(name, bytes, m_keyLog, m_trace, {clock, continued}, m_cancel);
    };
    if (!next.empty() || m_trace.size() != 0) // beside others it has to be told from them
        job.host = [this, name, bytes] { return hostOfLog(name, bytes, m_trace, m_cancel); };
    job.read = [this, name, bytes](const ingest::Sink &sink) {
        return ingest::readBytes(name, bytes, sink, m_cancel);
    };
    return launch(keyLog, std::move(job));
}

base::Result<void> Importer::follow(const std::string &path, const std::string &keyLog)
{
    const auto bytes = ingest::mapFile(path);
    if (!bytes && bytes.error().code != base::ErrorCode::BadInput) // it may be empty as yet
        return tl::unexpected(bytes.error());
    const auto keys = keysIn(keyLog);
    if (!keys)
        return tl::unexpected(keys.error());
    Job job;
    job.path = path;
    job.bytes = bytes ? bytes->size() : 0;
    job.clock = [] { return ClockOffset{}; }; // what is to come cannot be compared
    job.read = [this, path](const ingest::Sink &sink) {
        return ingest::followFile(path, sink, m_cancel);
    };
    return launch(*keys, std::move(job));
}

base::Result<void> Importer::launch(const base::Blob &keyLog, Job job)
{
    if (m_thread.joinable())
        m_thread.join();
    m_keyLog = keyLog;
    m_cancel = false;
    try {
        m_thread = std::thread([this, work = std::move(job)] { run(work); });
    } catch (const std::system_error &error) {
        return base::fail(
            base::ErrorCode::Internal,
            "The system gives this program no further thread. Close other programs and try again.",
            error.what());
    }
    return {};
}

/// A file that goes on where the one before ended finds what that left; for any other file, what
/// was left is handed on as it is.
void Importer::takeUp(const Job &job, ingest::Sink &sink)
{
    if (m_kept && m_expected != job.path) {
        sink.kept = m_kept;
        ingest::Outcome none;
        ingest::decode::Decoder({}, sink, none, m_cancel).finish(0);
        m_kept.reset();
    }
    m_expected.clear();
    if (!m_kept) {
        m_kept = std::make_shared<ingest::decode::Reassembly>();
        m_keptStreams = m_firstStream;
    }
    sink.kept = m_kept;
    sink.goesOn = [&job, this](std::uint32_t linkType, base::Instant last) {
        const auto next = job.next.empty() ? std::nullopt : ingest::extentOf(job.next);
        if (next && ingest::follows(linkType, last, *next))
            m_expected = job.next;
        return !m_expected.empty();
    };
}

void Importer::finish(const base::Result<ingest::Outcome> &outcome, ImportBatch &batch)
{
    if (outcome) {
        batch.outcome = *outcome;
        batch.progress = outcome->progress;
    } else {
        batch.error = outcome.error().sentence;
    }
    batch.goesOn = !m_expected.empty();
    if (!batch.goesOn)
        m_kept.reset();
    batch.finished = true;
}

void Importer::run(const Job &job)
{
    ImportBatch batch;
    batch.path = job.path;
    batch.owner = job.owner;
    batch.progress.totalBytes = job.bytes;
    std::uint32_t streams = 0;
    std::size_t named = 0;
    const auto hand = [&] {
        ImportBatch full = std::exchange(batch, {});
        batch.progress = full.progress;
        shareWork(full, m_batches, m_trace);
        const bool kept = m_batches.pushWaiting(std::move(full));
        m_wake();
        return kept;
    };
    hand(); // it has begun, even while its clock is looked at
    const ClockOffset clock = job.clock();
    const base::Duration ahead = clock.applied ? clock.offset : base::Duration{0};
    batch.clock = clock;
    const auto host = job.host ? job.host() : std::nullopt;
    if (host)
        batch.flaws.push_back(host->sentence);
    ingest::Sink sink;
    sink.keyLog = m_keyLog;
    sink.emit = [&](base::Packet packet) {
        if (base::hasClock(packet.time)) // a text trace may tell an order only
            packet.time = packet.time - ahead;
        if (host)
            complete(packet, host->end);
        if (packet.stream != 0) {
            packet.stream += m_keptStreams;
            streams = std::max(streams, packet.stream);
        }
        put(batch, std::move(packet), job.owner);
        return batch.packets.size() < kBatch || hand();
    };
    sink.progress = [&](const ingest::Progress &progress) { batch.progress = progress; };
    sink.flaw = [&](std::string sentence) { batch.flaws.push_back(std::move(sentence)); };
    sink.name = [&](const base::Address &address, std::string_view name) {
        if (named++ < kMostNames)
            batch.names.emplace_back(address.text(), name);
    };
    sink.endName = [&](const base::Endpoint &end, std::string_view name) {
        if (named++ < kMostNames)
            batch.names.emplace_back(end.text(), name);
    };
    bool told = false; // that nothing more is there
    sink.idle = [&] {
        if (told && batch.packets.empty() && batch.flaws.empty())
            return;
        told = batch.caughtUp = true;
        hand();
    };
    takeUp(job, sink);
    const auto outcome = job.read(sink);
    m_firstStream = std::max(m_firstStream, streams);
    finish(outcome, batch);
    hand();
}

} // namespace session
