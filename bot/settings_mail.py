"""The settings that mail needs: mailboxes, what logs in to them, the way out, and who vouches for a sender."""

from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode

from bot.addresses import fold_address
from bot.settings_fields import FilePath, Token, long_enough, split, stripped, url_of, urls_of, words


class MailSettings(BaseSettings):
    """Part of `bot.settings.Settings`."""

    imap_url: Annotated[SecretStr, AfterValidator(urls_of("imap", "imaps"))] | None = Field(
        default=None,
        description="the mailbox to watch: imaps://user:password@host/INBOX; several with spaces between",
    )
    smtp_url: Annotated[SecretStr, AfterValidator(url_of("smtp", "smtps"))] | None = Field(
        default=None, description="the server to send by: smtps://user:password@host"
    )
    mail_addresses: Annotated[
        tuple[Annotated[str, AfterValidator(fold_address)], ...], NoDecode, BeforeValidator(split)
    ] = Field(
        default=(),
        description="the addresses the bot answers to, with commas between: deploy@acme.test, help@acme.test",
    )
    mail_auth: Annotated[str, BeforeValidator(stripped)] | None = Field(
        default=None, description="what proves a sender: your mail server's authserv-id, or microsoft, or dkim"
    )
    mail_done_folder: Annotated[str, BeforeValidator(stripped)] | None = Field(
        default=None, description="the folder that mail is moved to once it is taken, such as Done"
    )
    mail_silence_min: int = Field(
        default=10, ge=1, le=10_080, description="after how many minutes of silence a mailbox is told about, 1 to 10080"
    )
    mail_hook_secret: Annotated[Token, AfterValidator(long_enough)] | None = Field(
        default=None, description="a secret of at least 32 characters for mail that is posted to /hooks/email"
    )
    mail_hourly_limit: int = Field(
        default=300, ge=0, le=1_000_000, description="to how many recipients it writes in an hour at most; 0: no limit"
    )
    dkim_domain: Annotated[str, BeforeValidator(stripped)] | None = Field(
        default=None, pattern=r"^[A-Za-z0-9.-]{1,253}$", description="the domain that mail is signed for: acme.test"
    )
    dkim_selector: Annotated[str, BeforeValidator(stripped)] | None = Field(
        default=None, pattern=r"^[A-Za-z0-9.-]{1,63}$", description="the name of the key in the DNS, such as bot1"
    )
    dkim_key_file: FilePath | None = Field(
        default=None, description="the file with the RSA key (PEM) that signs mail, where no relay does"
    )
    mail_oauth_url: Annotated[str, BeforeValidator(stripped)] | None = Field(
        default=None,
        pattern=r"^(google|microsoft:[A-Za-z0-9.-]+|https://\S+|http://(127\.0\.0\.1|localhost)[:/]\S*)$",
        description="where access tokens for the mailbox come from: google, microsoft:<tenant>, or https://...",
    )
    mail_oauth_client_id: Annotated[str, BeforeValidator(stripped)] | None = Field(
        default=None, description="the id of your app at MAIL_OAUTH_URL"
    )
    mail_oauth_client_secret: Token | None = Field(default=None, description="your app's secret at MAIL_OAUTH_URL")
    mail_oauth_refresh_token: Token | None = Field(
        default=None, description="the refresh token of the mailbox; without it the app itself must have access to it"
    )
    mail_oauth_scope: Annotated[str, BeforeValidator(stripped)] | None = Field(
        default=None, description="the scopes to ask for, where they are not the usual ones"
    )
    mail_oauth_token_file: FilePath | None = Field(
        default=None, description="a file in which another program keeps an access token"
    )
    mail_oauth_command: Annotated[tuple[str, ...], NoDecode, BeforeValidator(words)] = Field(
        default=(), description="a command that prints an access token; it is run without a shell"
    )

    @model_validator(mode="after")
    def _all_that_signing_needs(self) -> Self:
        given = (self.dkim_domain, self.dkim_selector, self.dkim_key_file)
        if any(given) and not all(given):
            raise ValueError("DKIM_DOMAIN, DKIM_SELECTOR and DKIM_KEY_FILE: set all three to sign mail, or none")
        return self

    @model_validator(mode="after")
    def _one_source_of_tokens(self) -> Self:
        given = (self.mail_oauth_url, self.mail_oauth_token_file, self.mail_oauth_command)
        if sum(map(bool, given)) > 1:
            raise ValueError("MAIL_OAUTH_URL, MAIL_OAUTH_TOKEN_FILE and MAIL_OAUTH_COMMAND: set one of them")
        if self.mail_oauth_url and not self.mail_oauth_client_id:
            raise ValueError("MAIL_OAUTH_CLIENT_ID is not set, and MAIL_OAUTH_URL is: set it to the id of your app")
        return self
