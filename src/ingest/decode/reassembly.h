// SPDX-License-Identifier: Apache-2.0
// What a decoder has to remember from one packet to the next: pieces of IP packets, TCP and HEP
// connections, what lies on them, datagrams seen a moment before. A capture that was written as
// several files goes on where the one before ended, so it may outlive the decoder of a file. One
// importer's thread.
#pragma once

#include <ingest/decode/hep_streams.h>
#include <ingest/decode/ip.h>
#include <ingest/decode/stream_layers.h>
#include <ingest/decode/tcp.h>
#include <ingest/decode/twins.h>

namespace ingest::decode {

class Decoder;

class Reassembly
{
public:
    Reassembly();
    Reassembly(const Reassembly &) = delete;
    Reassembly &operator=(const Reassembly &) = delete;

    Fragments fragments;
    StreamLayers layers;
    TcpTable tcp;
    HepStreams hepStreams;
    Twins twins;
    Decoder *reader = nullptr; // of the file under way, who gets what comes out
    bool begun = false;        // it has been given the key log, and packets
    /// Of these the files before have told.
    std::uint64_t duplicatesTold = 0;
};

} // namespace ingest::decode
