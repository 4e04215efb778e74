// SPDX-License-Identifier: Apache-2.0
#include <ui/settings.h>

#include <algorithm>
#include <desk/call_text.h>
#include <desk/desk.h>
#include <QStandardPaths>
#include <ui/text.h>

namespace ui {
namespace {

constexpr int kMostRecent = 10, kMostAccounts = 50, kMostAccepted = 200;
constexpr int kVersion = 1;

} // namespace

Settings::Settings()
{
    const QString folder = QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation);
    m_ini = std::make_unique<QSettings>(folder + QStringLiteral("/earshot/earshot.ini"),
                                        QSettings::IniFormat);
    m_ini->setValue(QStringLiteral("version"), kVersion);
}

QString Settings::text(const QString &key, const QString &fallback) const
{
    return m_ini->value(key, fallback).toString();
}

void Settings::setText(const QString &key, const QString &value)
{
    m_ini->setValue(key, value);
}
bool Settings::flag(const QString &key, bool fallback) const
{
    return m_ini->value(key, fallback).toBool();
}
void Settings::setFlag(const QString &key, bool value)
{
    m_ini->setValue(key, value);
}
QByteArray Settings::bytes(const QString &key) const
{
    return m_ini->value(key).toByteArray();
}
void Settings::setBytes(const QString &key, const QByteArray &value)
{
    m_ini->setValue(key, value);
}

void Settings::addTo(const QString &key, const QString &value)
{
    QStringList list = m_ini->value(key).toStringList();
    list.removeAll(value);
    list.prepend(value);
    while (list.size() > kMostRecent)
        list.removeLast();
    m_ini->setValue(key, list);
}

QStringList Settings::recentFiles() const
{
    return m_ini->value(QStringLiteral("files/recent")).toStringList();
}
void Settings::addRecentFile(const QString &path)
{
    addTo(QStringLiteral("files/recent"), path);
}
QStringList Settings::targets() const
{
    return m_ini->value(QStringLiteral("calls/targets")).toStringList();
}
void Settings::addTarget(const QString &target)
{
    addTo(QStringLiteral("calls/targets"), target);
}

bool Settings::isConfirmed(const QString &host) const
{
    return m_ini->value(QStringLiteral("calls/confirmed")).toStringList().contains(host);
}

void Settings::confirm(const QString &host)
{
    QStringList hosts = m_ini->value(QStringLiteral("calls/confirmed")).toStringList();
    if (!hosts.contains(host))
        m_ini->setValue(QStringLiteral("calls/confirmed"), hosts << host);
}

engine::TlsOptions Settings::tls() const
{
    engine::TlsOptions out;
    out.caFile = toStd(text(QStringLiteral("tls/ca")));
    out.certificate = toStd(text(QStringLiteral("tls/certificate")));
    out.key = toStd(text(QStringLiteral("tls/key")));
    for (const QString &line :
         m_ini->value(QStringLiteral("tls/accepted")).toStringList().mid(0, kMostAccepted)) {
        if (const auto known = desk::tlsExceptionNamed(toStd(line)))
            out.exceptions.push_back(*known);
    }
    return out;
}

void Settings::setTls(const engine::TlsOptions &tls)
{
    setText(QStringLiteral("tls/ca"), QString::fromStdString(tls.caFile));
    setText(QStringLiteral("tls/certificate"), QString::fromStdString(tls.certificate));
    setText(QStringLiteral("tls/key"), QString::fromStdString(tls.key));
    QStringList accepted;
    for (const engine::TlsException &each : tls.exceptions)
        accepted << QString::fromStdString(desk::serverText(each) + "=" + each.fingerprint);
    m_ini->setValue(QStringLiteral("tls/accepted"), accepted);
    m_ini->sync(); // what was taken back must not return after a crash
}

std::vector<SavedAccount> Settings::accounts() const
{
    std::vector<SavedAccount> out;
    const int count = std::min(kMostAccounts, m_ini->beginReadArray(QStringLiteral("accounts")));
    for (int i = 0; i < count; ++i) {
        m_ini->setArrayIndex(i);
        SavedAccount saved;
        const auto value = [&](const char *key) {
            return toStd(m_ini->value(QLatin1String(key)).toString());
        };
        saved.account.aor = value("aor");
        saved.account.instance = value("instance");
        saved.account.credentials.user = value("user");
        saved.account.transport = value("transport") == "UDP"   ? base::Transport::Udp
                                  : value("transport") == "TLS" ? base::Transport::Tls
                                                                : base::Transport::Tcp;
        for (const QString &proxy : m_ini->value(QStringLiteral("proxies")).toStringList())
            saved.account.proxies.push_back(toStd(proxy));
        const auto flag = [&](const char *key) {
            return m_ini->value(QLatin1String(key)).toBool();
        };
        saved.account.keepAlive = flag("keep_alive");
        saved.account.gruu = flag("gruu");
        saved.account.plainAfter439 = flag("plain_after_439");
        const int expires = m_ini->value(QStringLiteral("expires")).toInt();
        if (expires > 0) // else what engine::Account asks for by itself
            saved.account.expires = std::chrono::seconds(expires);
        saved.answer = flag("answer");
        for (const QString &caller : m_ini->value(QStringLiteral("answer_only")).toStringList())
            saved.answerOnly.push_back(toStd(caller));
        if (saved.answer && saved.answerOnly.empty()) // as it was kept before there was a list
            saved.answerOnly.emplace_back(desk::kAnyCaller);
        saved.keepPassword = flag("keep_password");
        out.push_back(std::move(saved));
    }
    m_ini->endArray();
    return out;
}

void Settings::writeAccounts(const std::vector<SavedAccount> &accounts)
{
    m_ini->remove(QStringLiteral("accounts"));
    m_ini->beginWriteArray(QStringLiteral("accounts"), static_cast<int>(accounts.size()));
    int index = 0;
    for (const SavedAccount &saved : accounts) {
        m_ini->setArrayIndex(index++);
        QStringList proxies;
        for (const std::string &proxy : saved.account.proxies)
            proxies << QString::fromStdString(proxy);
        const auto put = [&](const char *key, const QVariant &value) {
            m_ini->setValue(QLatin1String(key), value);
        };
        put("aor", QString::fromStdString(saved.account.aor));
        put("instance", QString::fromStdString(saved.account.instance));
        put("user", QString::fromStdString(saved.account.credentials.user));
        put("transport", shown(base::transportText(saved.account.transport)));
        put("proxies", proxies);
        put("expires",
            static_cast<qlonglong>(
                std::chrono::duration_cast<std::chrono::seconds>(saved.account.expires).count()));
        put("keep_alive", saved.account.keepAlive);
        put("gruu", saved.account.gruu);
        put("plain_after_439", saved.account.plainAfter439);
        put("answer", saved.answer);
        QStringList only;
        for (const std::string &caller : saved.answerOnly)
            only << QString::fromStdString(caller);
        put("answer_only", only);
        put("keep_password", saved.keepPassword);
    }
    m_ini->endArray();
}

void Settings::saveAccount(const SavedAccount &account)
{
    auto list = accounts();
    const auto same = [&](const SavedAccount &s) { return s.account.aor == account.account.aor; };
    const auto at = std::find_if(list.begin(), list.end(), same);
    if (at == list.end())
        list.push_back(account);
    else
        *at = account;
    writeAccounts(list);
}

void Settings::removeAccount(const std::string &aor)
{
    auto list = accounts();
    std::erase_if(list, [&](const SavedAccount &s) { return s.account.aor == aor; });
    writeAccounts(list);
}

} // namespace ui
