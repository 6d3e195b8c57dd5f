"""The Scrapy project's settings: what every crawl needs, of any archive.

What an archive decides for itself (contact, delay, limits) stands in its `kliping.toml` and is
put in place by `crawler.addon`; `scrapy crawl news -s NAME=VALUE` overrides either.
"""

BOT_NAME = "kliping"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"
ADDONS = {"crawler.addon.KlipingAddon": 100}

# --- What ties a crawl to the archive ---
EXTENSIONS = {
    "crawler.runs.extension.RunExtension": 0,
    "crawler.throttle.PoliteThrottle": 100,
    "scrapy.extensions.throttle.AutoThrottle": None,  # PoliteThrottle stands in for it
    "scrapy.extensions.remote_control.RemoteControl": None,  # off, and slow to import
}
ITEM_PIPELINES = {"pipelines.stages.IngestStage": 100}
DOWNLOAD_HANDLERS = {
    "http": "crawler.handlers.wire.WireDownloadHandler",
    "https": "crawler.handlers.wire.WireDownloadHandler",
}
# Engine side at the top, downloader side at the bottom.
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.middlewares.rendering.RenderMiddleware": 20,
    "crawler.middlewares.forgotten.ForgottenMiddleware": 50,
    "crawler.middlewares.robots.RobotsMiddleware": 100,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "crawler.middlewares.compression.StrictCompressionMiddleware": 590,
    "crawler.middlewares.conditional.ConditionalMiddleware": 900,
    "crawler.middlewares.politeness.PolitenessMiddleware": 910,
    "crawler.middlewares.capture.CaptureMiddleware": 950,
}

# --- Politeness ---
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = "Kliping"
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 0.5
AUTOTHROTTLE_TARGET_CONCURRENCY = 1.0

# --- What the database's frontier does instead of Scrapy ---
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
RETRY_ENABLED = False
HTTPERROR_ALLOW_ALL = True  # a 404 is a capture too, and the spider says so
DEPTH_PRIORITY = 0

# --- Safety ---
DOWNLOAD_VERIFY_CERTIFICATES = True
COOKIES_ENABLED = False  # a paywall's visit counter must not decide what the archive sees
REDIRECT_MAX_TIMES = 10
TWISTED_DNS_RESOLVER = "crawler.resolver.PublicResolver"

LOG_LEVEL = "INFO"
TELNETCONSOLE_ENABLED = False
