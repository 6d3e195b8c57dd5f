"""One run of a crawl: opening it, its session with Scrapy, what it prints, how it ends."""
