// SPDX-License-Identifier: Apache-2.0
// Captured frames in, Packets out: link, tunnels, IP, fragments, UDP, TCP, HEP. What every capture
// format shares. One importer's thread; owned by the source that reads.
#pragma once

#include <base/blob.h>
#include <cstdint>
#include <ingest/decode/annotations.h>
#include <ingest/decode/cuts.h>
#include <ingest/decode/hep.h>
#include <ingest/decode/link.h>
#include <ingest/decode/reassembly.h>
#include <ingest/source.h>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

namespace ingest::decode {

struct Frame {
    base::Instant time;
    std::uint32_t linkType = 0;
    std::string_view bytes;
    std::uint32_t missing = 0;   // at its end, not captured
    std::uint32_t interface = 0; // of the file, tells copies of one packet from each other
    bool stamped = true;         // false: the file does not tell its time, `time` is a guess
};

class Decoder
{
public:
    /// `owner` keeps the bytes of the frames alive.
    Decoder(std::shared_ptr<const void> owner, const Sink &sink, Outcome &outcome,
            const std::atomic<bool> &cancel);
    ~Decoder();
    Decoder(const Decoder &) = delete;
    Decoder &operator=(const Decoder &) = delete;

    /// From here on frames lie in other bytes.
    void over(std::shared_ptr<const void> owner) { m_owner = std::move(owner); }
    /// One frame, a view into the owner's bytes.
    void frame(const Frame &frame);
    /// A packet that needs no decoding, in its turn.
    void handOn(base::Packet packet);
    /// What somebody wrote to the next frame; filed with the first packet that comes of it.
    void comment(std::string text) { m_annotations.comment(std::move(text)); }
    /// What somebody wrote to the file or an interface; filed as a note before the next frame.
    void remark(std::string text) { m_annotations.remark(std::move(text)); }
    /// A file's decryption secrets by pcapng's type; a TLS key log opens what comes behind it.
    void secrets(std::uint32_t type, std::string_view bytes);
    /// Called before a TLS connection is read: the last moment to bring its secrets.
    void onTls(std::function<void()> begins) { m_layers.onTls(std::move(begins)); }
    /// TLS connections could not be opened, or not wholly.
    bool leftClosed() const { return m_layers.closedCount() != 0; }
    /// Names an interface's link type in the outcome, once.
    void announce(std::uint32_t linkType);
    /// True: the sink or the canceller wants no more. Tells the progress now and then.
    bool stop(std::uint64_t bytesRead);
    /// Hands on what waits and tells in sentences what was given up; what waits for the next file
    /// of the same capture stays.
    void finish(std::uint64_t bytesRead);

private:
    friend class Reassembly; // brings back what it has put together
    /// Bytes within the frame, or put together, with what keeps them alive.
    struct Part {
        std::string_view bytes;
        const std::shared_ptr<const void> &owner;
        std::uint32_t missing = 0; // at the end, not captured
        int depth = 0;             // tunnels around it
    };

    void read(std::uint32_t linkType, std::string_view bytes, std::uint32_t missing);
    void exported(std::string_view frame, std::uint32_t missing);
    void network(const Part &part);
    void transport(const IpPacket &packet, const Part &part);
    void tcp(const IpPacket &packet, const Part &part);
    void udp(const IpPacket &packet, const Part &part);
    void sctp(const IpPacket &packet, const Part &part);
    void icmp(const IpPacket &packet, const Part &part);
    void beginning(const IpPacket &packet, const base::Blob &begin, base::Instant time);
    void datagram(base::Packet packet, std::uint32_t identification, std::uint32_t way);
    std::uint32_t wayOf(const IpPacket &packet, const Part &part) const;
    void streamed(base::Packet packet);
    bool hep(const base::Blob &bytes, base::Instant time, bool any, int depth = 0);
    void hepMessage(const HepPacket &packet, base::Blob payload, base::Instant time);
    void hepNote(const HepPacket &packet, std::string_view payload, base::Instant time);
    void emit(base::Packet packet);
    void note(std::string sentence, std::string callId = {}, base::Instant time = {});
    void tellRemarks();
    void tellProgress(std::uint64_t bytesRead);
    void tellLosses(bool goesOn);
    void tellKept();
    void tell(std::uint64_t count, std::string_view one, std::string_view many);

    std::shared_ptr<const void> m_owner;
    const Sink &m_sink;
    Outcome &m_outcome;
    const std::atomic<bool> &m_cancel;
    const std::shared_ptr<Reassembly> m_kept;
    Fragments &m_fragments;
    StreamLayers &m_layers;
    TcpTable &m_tcp;
    HepStreams &m_hepStreams;
    Twins &m_twins;
    Annotations m_annotations;
    Cuts m_cuts;
    std::set<std::uint32_t> m_linkTypes;
    std::unordered_set<std::uint64_t> m_hepCalls; // Call-IDs that came by HEP, hashed; bounded
    std::uint32_t m_linkType = ~0U;               // of the frame before
    std::uint32_t m_fileLink = ~0U;               // the first that was announced
    LinkReader m_link = nullptr;
    base::Instant m_time;   // of the frame under way
    base::Instant m_latest; // of any frame
    Frame m_frame;          // under way
    std::uint64_t m_foreignLink = 0, m_tooDeep = 0, m_badHep = 0, m_hepNotes = 0, m_told = 0;
    bool m_refused = false; // the sink wants no more
};

/// A file's time stamp, kept in a range in which differences cannot overflow.
base::Instant clampedTime(std::int64_t seconds, std::uint64_t nanoseconds);

} // namespace ingest::decode
