// SPDX-License-Identifier: Apache-2.0
// Private to ingest: packets that tshark took apart (-T json, ek, pdml), made whole again from what
// it tells of them: the frame's bytes (-x), else the payload of UDP or TCP with its addresses, else
// the SIP as it stands in the fields. What is in none of them stays unknown. One importer's thread.
#pragma once

#include <ingest/text/text_frames.h>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ingest::text {

class Dissection
{
public:
    /// `text`: all of the file.
    Dissection(TextFrames &out, std::string_view text);

    void begin() { m_packet = {}; }
    /// A protocol's fields follow; of a layer within another one nothing is wanted.
    void layer(std::string_view name);
    /// `name`: as tshark names it ("ip.src"), or as -T ek does ("ip_ip_src"). `shown`: its value.
    /// `hex`: its bytes, empty: not told.
    void field(std::string_view name, std::string_view shown, std::string_view hex);
    /// Hands on what is known of the packet.
    void end();
    /// Sentences about what could not be made whole.
    void tell() const;

private:
    struct Ports {
        std::uint16_t source = 0, destination = 0;
        bool told = false;
        std::string payload;
    };
    struct Sip {
        std::string start, headers, body; // their bytes, so far as they are told
        std::string shown;                // the headers and what follows them, as text
        bool further() const { return !headers.empty() || !shown.empty(); }
        std::string text() const;
    };
    struct Packet {
        base::Instant time;
        std::string protocols, frame;
        std::uint32_t encapsulation = ~0U, length = 0;
        bool tls = false, webSocket = false, icmp = false;
        Segment segment;
        Ports udp, tcp;
        std::vector<Sip> sip;
    };

    bool frameField(std::string_view name, std::string_view shown, std::string_view hex);
    bool addressField(std::string_view name, std::string_view shown);
    bool transportField(std::string_view name, std::string_view shown, std::string_view hex);
    void sipField(std::string_view name, std::string_view shown, std::string_view hex);
    bool wholeFrame();
    bool segment();
    void ends();
    bool opened();
    void messages();

    TextFrames &m_out;
    std::string m_layer;
    Packet m_packet;
    bool m_opened = false; // tshark opened TLS, and we have no keys ourselves
    std::set<std::pair<base::Endpoint, base::Endpoint>> m_tls;
    std::uint64_t m_number = 0, m_bare = 0, m_cut = 0, m_quoted = 0;
};

/// For Source::readBytes: JSON (a list of packets, or one in each line), and PDML.
base::Result<Outcome> readDissectedJson(const base::Blob &bytes, const Sink &sink,
                                        const std::atomic<bool> &cancel);
base::Result<Outcome> readDissectedXml(const base::Blob &bytes, const Sink &sink,
                                       const std::atomic<bool> &cancel);
/// For Source::recognises.
bool isDissectedJson(std::string_view firstBytes);
bool isDissectedXml(std::string_view firstBytes);

} // namespace ingest::text
