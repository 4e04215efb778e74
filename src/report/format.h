// SPDX-License-Identifier: Apache-2.0
// Export formats: one file each in formats/, listed by the menus and by --report.
#pragma once

#include <diagnosis/explain.h>
#include <functional>
#include <iosfwd>
#include <ladder/layout.h>
#include <legs/leg_book.h>
#include <map>
#include <memory>
#include <optional>
#include <rtp/heard.h>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace report {

struct Recording { // a WAV file of one of our own calls
    std::string toTag;
    std::string direction; // "received", "sent", "both": left and right
    std::string file;
};

struct ReportCall {
    std::shared_ptr<const calls::Call> call;
    std::vector<diagnosis::BoundStream> streams;
    std::vector<diagnosis::Finding> findings;
    std::vector<Recording> recordings{};
    base::Instant now{}; // when it was judged; unknown: at the input's `now`
    std::vector<legs::Join> legs{};
    /// Of our own calls: To-tag -> what our decoders heard before the answer, part by part.
    std::map<std::string, std::vector<rtp::Heard>> heard{};
};

/// What is known of a file's clock against the files before it.
struct FileClock {
    base::Duration offset{0}, within{0}; // positive: it runs ahead
    std::uint64_t messages = 0;          // seen in both, 0: none
    bool bothWays = false, applied = false, given = false;
};

/// One file of the input, as far as it could be read.
struct ReportFile {
    std::string name;
    std::uint32_t number = 0; // as trace::Trace::fileOf tells it, 0: nothing was read
    std::vector<std::string> linkTypes;
    std::uint64_t bytes = 0, packets = 0, sipMessages = 0, rtpPackets = 0;
    bool truncated = false;
    std::vector<std::string> flaws; // sentences
    std::string error;              // a sentence, empty: none
    FileClock clock{};
    /// Of which the capture kept a part only, of SIP among them; bytes it left of the longest.
    std::uint64_t cutPackets = 0, cutSipPackets = 0, snapLength = 0;
};

struct ReportInput {
    const trace::Trace &trace;
    std::span<const ReportCall> calls;
    std::span<const std::shared_ptr<const flows::Flow>> flows;
    std::map<std::string, std::string> names; // lanes
    base::Instant now;
    std::string title;  // file name, story or target
    bool redact = true; // Authorization, keys and passwords never leave otherwise (trust T13)
    std::vector<std::string> notes; // flaws of the input, evicted counts
    /// Whether the session saw RTP of any call; unset: whether a call of this report has some,
    /// which takes a look at all of them for each.
    std::optional<bool> mediaSeen{};
    std::span<const ReportFile> files{};
    /// Every RTP stream, bound to a call or not; streams of calls need not be in it.
    std::span<const std::shared_ptr<const rtp::Stream>> streams{};
    /// Findings about messages that belong to no call.
    std::vector<diagnosis::Finding> loose{};
    /// Hands on the packets of the input's files once more, each with its file's number, and gives
    /// sentences about what is not to be had; unset: no packets but the trace's rows can be had.
    using Visit = std::function<void(std::uint32_t file, const base::Packet &packet)>;
    std::function<std::vector<std::string>(const Visit &visit)> packets{};
};

struct Format {
    std::string_view id, title, extension; // "svg", "Ladder picture", "svg"
    void (*write)(const ReportInput &input, std::ostream &out) = nullptr;
};

namespace formats {
std::span<const Format *const> all(); // generated
}
const Format *format(std::string_view id);

/// The evidence of one call of the input.
diagnosis::Evidence evidenceOf(const ReportInput &input, const ReportCall &call);
/// What the ladder of one call shows; its row numbers are those of every format. Redacted if the
/// input says so.
ladder::Outline outlineOf(const ReportInput &input, const ReportCall &call,
                          const ladder::Options &options);
/// The ladder's options for reports: the input's lane names, times since the previous row.
ladder::Options ladderOptions(const ReportInput &input);
/// The whole input as the JSON document that the json format writes; resources/manual/check-json.md
/// describes it. Written call by call, so a large input needs no room for all of them.
void writeJson(const ReportInput &input, std::ostream &out);
std::string jsonOf(const ReportInput &input);
/// One line of JSON for each call and a last one for the rest of the document.
void writeJsonLines(const ReportInput &input, std::ostream &out);
/// One call as JSON, the same fields as in the document's "calls".
std::string jsonOf(const ReportInput &input, const ReportCall &call);
/// A message's text with credentials and keys masked (digest response, nonce kept; a=crypto key;
/// passwords).
std::string redacted(std::string_view message);

} // namespace report
