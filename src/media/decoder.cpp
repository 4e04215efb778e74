// SPDX-License-Identifier: Apache-2.0
#include "decoder.h"

#include "media.h"
#include "pipeline.h"

#include <cstring>
#include <gst/app/gstappsink.h>
#include <rtp/voice.h>

namespace media {

namespace {

constexpr int kMostWaiting = 50; // one second of usual packets

Caps rtpCaps(const Codec &codec, const PayloadMap &payload)
{
    // RFC 7587 section 4.1: Opus is 48000 in RTP whatever is inside; the others run at their own
    // rate.
    const int clock = codec.audioRate == 48000 ? 48000 : static_cast<int>(payload.clock);
    const std::string name(codec.capsName);
    Caps caps = Caps::adopt(
        gst_caps_new_simple("application/x-rtp", "media", G_TYPE_STRING, "audio", "clock-rate",
                            G_TYPE_INT, clock, "encoding-name", G_TYPE_STRING, name.c_str(),
                            "payload", G_TYPE_INT, static_cast<int>(payload.payloadType), nullptr));
    if (codec.audioRate == 0) // L16, whose depayloader asks
        gst_caps_set_simple(caps.borrow(), "channels", G_TYPE_INT, payload.channels, nullptr);
    return caps;
}

} // namespace

struct Decoder::Chain {
    explicit Chain(Pipeline made) : pipeline(std::move(made)) {}

    GstElement *source = nullptr, *jitterBuffer = nullptr;
    base::Inbox<DecodedAudio> *sink = nullptr;
    std::uint64_t id = 0;
    std::unique_ptr<rtp::VoiceDecoder> voice; // of codecs without an element; streaming thread
    Pipeline pipeline; // last, so it ends first: its thread uses what stands above

    static GstFlowReturn newSample(GstAppSink *appsink,
                                   gpointer self) noexcept; // the streaming thread
    void deliver(GstSample *sample) const;
    static base::Result<std::unique_ptr<Chain>> make(const Codec &codec, const PayloadMap &payload);
    void configure(const Codec &codec, const PayloadMap &payload);
};

void Decoder::Chain::deliver(GstSample *sample) const
{
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    GstMapInfo map;
    if (buffer == nullptr || gst_buffer_map(buffer, &map, GST_MAP_READ) == FALSE)
        return;
    DecodedAudio audio;
    audio.decoder = id;
    if (GST_BUFFER_PTS_IS_VALID(buffer))
        audio.position = base::Duration(static_cast<std::int64_t>(GST_BUFFER_PTS(buffer)));
    int rate = 0;
    GstCaps *caps = gst_sample_get_caps(sample);
    if (voice) {
        audio.rate = voice->rate();
        voice->decode({reinterpret_cast<const char *>(map.data), map.size}, audio.samples);
    } else {
        if (caps != nullptr &&
            gst_structure_get_int(gst_caps_get_structure(caps, 0), "rate", &rate) != FALSE)
            audio.rate = static_cast<std::uint32_t>(rate);
        audio.samples.resize(map.size / sizeof(std::int16_t));
        std::memcpy(audio.samples.data(), map.data, audio.samples.size() * sizeof(std::int16_t));
    }
    gst_buffer_unmap(buffer, &map);
    if (audio.samples.empty()) // a cut frame
        return;
    sink->push(std::move(audio));
}

GstFlowReturn Decoder::Chain::newSample(GstAppSink *appsink, gpointer self) noexcept
{
    const auto sample = Sample::adopt(gst_app_sink_pull_sample(appsink));
    if (!sample)
        return GST_FLOW_EOS;
    static_cast<const Chain *>(self)->deliver(sample.borrow());
    return GST_FLOW_OK;
}

base::Result<std::unique_ptr<Decoder::Chain>> Decoder::Chain::make(const Codec &codec,
                                                                   const PayloadMap &payload)
{
    std::vector<Pipeline::Part> parts{
        {"appsrc", "source"}, {"rtpjitterbuffer", "jitter"}, {codec.depayloader, "depayloader"}};
    std::unique_ptr<rtp::VoiceDecoder> voice;
    if (codec.decoder != nullptr) {
        parts.insert(parts.end(), {{codec.decoder, "decoder"},
                                   {"audioconvert", "convert"},
                                   {"audioresample", "resample"}});
    } else {
        voice = rtp::voiceDecoder({codec.encoding, payload.clock, payload.channels});
        if (!voice)
            return base::fail(base::ErrorCode::Unsupported,
                              std::string(codec.encoding) + " at " + std::to_string(payload.clock) +
                                  " Hz cannot be heard: that codec has no such clock.");
    }
    parts.push_back({"appsink", "sink"});
    auto made = Pipeline::make(parts);
    if (!made)
        return tl::unexpected(made.error());
    auto chain = std::make_unique<Chain>(std::move(*made));
    chain->voice = std::move(voice);
    return chain;
}

void Decoder::Chain::configure(const Codec &codec, const PayloadMap &payload)
{
    source = pipeline.part("source");
    jitterBuffer = pipeline.part("jitter");
    configureSource(source, rtpCaps(codec, payload).borrow(), kMostWaiting);
    set(source, "is-live", true);
    // The first packet leaves at once; latency() is for the ones after it. Delay against jitter is
    // the playout's matter.
    set(jitterBuffer, "latency", 0);
    set(jitterBuffer, "do-lost", true);
    set(jitterBuffer, "max-dropout-time", 2000); // a jump beyond is a new beginning: bounded
    if (codec.decoder != nullptr && std::string_view(codec.decoder) == "opusdec")
        set(pipeline.part("decoder"), "plc", true); // a lost packet is concealed
    GstElement *appsink = pipeline.part("sink");
    if (!voice)
        g_object_set(appsink, "caps", rawCaps(codec.audioRate).borrow(), nullptr);
    set(appsink, "sync", false);
    set(appsink, "async", false); // playing at once, before there is any sound
    set(appsink, "max-buffers", kMostWaiting);
    set(appsink, "drop", true);
    GstAppSinkCallbacks callbacks{};
    callbacks.new_sample = &Chain::newSample;
    gst_app_sink_set_callbacks(GST_APP_SINK(appsink), &callbacks, this, nullptr);
}

base::Result<std::unique_ptr<Decoder>> Decoder::make(const Codec &codec, const PayloadMap &payload,
                                                     std::uint64_t id,
                                                     base::Inbox<DecodedAudio> &sink)
{
    auto made = Chain::make(codec, payload);
    if (!made)
        return tl::unexpected(made.error());
    auto chain = std::move(*made);
    chain->id = id;
    chain->sink = &sink;
    chain->configure(codec, payload);
    if (!chain->pipeline.play(std::chrono::seconds(1)))
        return base::fail(base::ErrorCode::NoDevice,
                          "The decoder for " + std::string(codec.encoding) +
                              " did not start, so that codec cannot be heard.");
    return std::unique_ptr<Decoder>(new Decoder(codec, id, std::move(chain)));
}

Decoder::Decoder(const Codec &codec, std::uint64_t id, std::unique_ptr<Chain> chain)
    : m_codec(codec), m_id(id), m_chain(std::move(chain))
{
}

Decoder::~Decoder() = default;

bool Decoder::push(std::string_view rtp, base::Instant arrived)
{
    // The kernel's stamp, told in the pipeline's own time: scheduling delays of ours are no jitter
    // of the network's.
    const GstClockTime running = gst_element_get_current_running_time(m_chain->pipeline.whole());
    const auto age =
        static_cast<GstClockTime>(std::max<std::int64_t>(0, (base::now() - arrived).count()));
    const GstClockTime time = GST_CLOCK_TIME_IS_VALID(running) && running > age ? running - age : 0;
    return media::push(m_chain->source, rtp, time);
}

void Decoder::latency(base::Duration latency)
{
    set(m_chain->jitterBuffer, "latency", static_cast<int>(latency.count() / 1'000'000));
}

std::uint64_t Decoder::late() const
{
    GstStructure *stats = nullptr;
    guint64 late = 0;
    g_object_get(m_chain->jitterBuffer, "stats", &stats, nullptr);
    if (stats != nullptr) {
        gst_structure_get_uint64(stats, "num-late", &late);
        gst_structure_free(stats);
    }
    return late;
}

std::optional<std::string> Decoder::trouble()
{
    return m_chain->pipeline.trouble();
}

} // namespace media
