// SPDX-License-Identifier: Apache-2.0
// The media layer with a silent output and one prepared call on loopback.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <gtest/gtest.h>
#include <media/media.h>
#include <mutex>
#include <netinet/in.h>
#include <support/rtp_source.h>
#include <support/step_until.h>

using namespace std::chrono_literals;

class MediaTest : public testing::Test
{
protected:
    MediaTest() : packets(65536)
    {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "earshot-media-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
        options.output = media::Output::Silent;
        request.local = base::Address::v4(INADDR_LOOPBACK);
        request.receive = {{0, "PCMU", 8000, 1}, {8, "PCMA", 8000, 1}, {96, "opus", 48000, 2}};
    }
    ~MediaTest() override
    {
        layer.reset();
        std::filesystem::remove_all(folder);
    }
    void open()
    {
        auto opened = media::Media::open(options, packets, [this](const media::Status &status) {
            ++statuses;
            std::lock_guard guard(mutex);
            lastStatus = status;
        });
        ASSERT_TRUE(opened) << opened.error().sentence;
        layer = std::move(*opened);
        const auto made = layer->prepare(request);
        ASSERT_TRUE(made) << made.error().sentence;
        prepared = *made;
    }
    media::Status status() const { return layer->status(prepared.media); }
    /// Sends at a real pace until the condition holds.
    bool sendUntil(support::RtpSource &source, const std::function<bool()> &condition,
                   double hertz = 440)
    {
        auto due = std::chrono::steady_clock::now();
        return support::stepUntil(condition, 10s, [&] {
            if (std::chrono::steady_clock::now() < due)
                return;
            due += 20ms;
            source.tone(prepared.rtp, hertz);
        });
    }
    /// Of one direction; for those that count what was recorded of it.
    std::vector<media::RecordingInfo>
    recorded(media::Recorded what = media::Recorded::Received) const
    {
        auto all = layer->recordings(prepared.media);
        std::erase_if(all, [what](const auto &each) { return each.what != what; });
        return all;
    }
    media::Remote remote(const std::string &tag, const support::RtpSource &source) const
    {
        return {tag, source.local(), {{0, "PCMU", 8000, 1}}, true, true};
    }

    std::string folder;
    base::Inbox<base::Packet> packets;
    media::Options options;
    media::PrepareRequest request;
    std::unique_ptr<media::Media> layer;
    media::Media::Prepared prepared;
    std::atomic<int> statuses{0};
    std::mutex mutex;
    media::Status lastStatus;
};
