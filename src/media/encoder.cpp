// SPDX-License-Identifier: Apache-2.0
#include "encoder.h"

#include "media.h"
#include "pipeline.h"

#include <base/text.h>
#include <gst/app/gstappsink.h>
#include <rtp/voice.h>
#include <string>

namespace media {

namespace {

constexpr std::uint32_t kFramesPerSecond = 50;

/// The codecs of rtp/voice.h. What does not fit a datagram of any network is cut into shorter ones.
class Plain final : public Encoder
{
public:
    Plain(std::unique_ptr<rtp::VoiceEncoder> voice, std::uint32_t clock)
        : m_voice(std::move(voice)), m_clock(clock)
    {
    }
    std::uint32_t rate() const override { return m_voice->rate(); }
    std::uint32_t clockStep() const override { return m_clock / kFramesPerSecond; }
    void encode(std::span<const std::int16_t> frame, const Take &take) override
    {
        const std::string payload = m_voice->encode(frame);
        std::size_t pieces = 1;
        while (payload.size() / pieces > kMostBytes || frame.size() % pieces != 0)
            ++pieces;
        const std::size_t size = payload.size() / pieces;
        for (std::size_t i = 0; i < pieces; ++i)
            take(std::string_view(payload).substr(i * size, size),
                 clockStep() / static_cast<std::uint32_t>(pieces));
    }

private:
    static constexpr std::size_t kMostBytes = 1280;
    std::unique_ptr<rtp::VoiceEncoder> m_voice;
    std::uint32_t m_clock;
};

class Opus final : public Encoder
{
public:
    static constexpr std::uint32_t kRate = 48000;
    explicit Opus(Pipeline pipeline)
        : m_pipeline(std::move(pipeline)), m_source(m_pipeline.part("source")),
          m_sink(m_pipeline.part("sink"))
    {
    }
    bool start()
    {
        configureSource(m_source, rawCaps(kRate).borrow(), 8);
        set(m_source, "is-live", true);
        set(m_pipeline.part("encoder"), "bitrate", 24000);
        setText(m_pipeline.part("encoder"), "frame-size", "20");
        set(m_sink, "sync", false);
        set(m_sink, "async", false);
        set(m_sink, "max-buffers", 8);
        set(m_sink, "drop", true);
        return m_pipeline.play(std::chrono::seconds(1));
    }
    std::uint32_t rate() const override { return kRate; }
    std::uint32_t clockStep() const override { return 960; } // RFC 7587 section 4.1: always 48 kHz
    void encode(std::span<const std::int16_t> frame, const Take &take) override
    {
        push(m_source, {reinterpret_cast<const char *>(frame.data()), frame.size_bytes()},
             m_position);
        m_position += 20'000'000;
        // Never waits: the encoder works on its own thread, so a payload leaves with the next tick.
        for (int i = 0; i < 4; ++i) {
            const auto sample =
                Sample::adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(m_sink), 0));
            if (!sample)
                break;
            GstMapInfo map;
            GstBuffer *buffer = gst_sample_get_buffer(sample.borrow());
            if (gst_buffer_map(buffer, &map, GST_MAP_READ) == FALSE)
                continue;
            take({reinterpret_cast<const char *>(map.data), map.size}, clockStep());
            gst_buffer_unmap(buffer, &map);
        }
    }

private:
    Pipeline m_pipeline;
    GstElement *m_source, *m_sink;
    GstClockTime m_position = 0;
};

} // namespace

base::Result<std::unique_ptr<Encoder>> makeEncoder(const PayloadMap &payload)
{
    auto voice = rtp::voiceEncoder({payload.encoding, payload.clock, payload.channels});
    if (voice && voice->rate() % kFramesPerSecond == 0)
        return std::make_unique<Plain>(std::move(voice), payload.clock);
    if (base::equalsNoCase(payload.encoding, "opus")) {
        auto made =
            Pipeline::make({{"appsrc", "source"}, {"opusenc", "encoder"}, {"appsink", "sink"}});
        if (!made)
            return tl::unexpected(made.error());
        auto opus = std::make_unique<Opus>(std::move(*made));
        if (opus->start())
            return opus;
    }
    return base::fail(base::ErrorCode::Unsupported, "Nothing is sent: the other side wants " +
                                                        base::printable(payload.encoding) +
                                                        ", which Earshot cannot encode.");
}

} // namespace media
