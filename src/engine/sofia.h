// SPDX-License-Identifier: Apache-2.0
// Private to engine: the only door to sofia-sip. Its context types must be named before its first
// header is read, and the same way in every file, so nobody includes a sofia header but through
// here. Never nua, soa or sdp.
#pragma once

namespace engine {
class Agent;
class DnsQuestion;
class FlowLink;
class RequestHandler;
class ReliableHandler;
class CancelHandler;
class SuLoop;
class Timer;
class Transaction;
} // namespace engine

#define SU_ROOT_MAGIC_T engine::SuLoop
#define SU_WAKEUP_ARG_T engine::SuLoop
#define SU_TIMER_ARG_T engine::Timer
#define NTA_AGENT_MAGIC_T engine::Agent
#define NTA_LEG_MAGIC_T engine::RequestHandler
#define NTA_OUTGOING_MAGIC_T engine::Transaction
#define NTA_INCOMING_MAGIC_T engine::CancelHandler
#define NTA_RELIABLE_MAGIC_T engine::ReliableHandler
#define TP_CLIENT_T engine::FlowLink
#define SRES_CONTEXT_T engine::DnsQuestion

#include <sofia-sip/su_wait.h>

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/sresolv.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_tag.h>
#include <sofia-sip/url.h>
