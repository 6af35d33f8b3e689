FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:10.0 AS build
ARG TARGETARCH
# Restores exactly what the committed lock files say.
ENV CI=true
WORKDIR /source

COPY global.json Directory.Build.props Directory.Packages.props .editorconfig appsettings.json ./
COPY src/Firmhouse.Client/Firmhouse.Client.csproj src/Firmhouse.Client/packages.*.lock.json src/Firmhouse.Client/
COPY src/Firmhouse.SscLogin/Firmhouse.SscLogin.csproj src/Firmhouse.SscLogin/packages.*.lock.json src/Firmhouse.SscLogin/
RUN dotnet restore src/Firmhouse.SscLogin --arch $TARGETARCH

COPY src/BannedSymbols.txt src/
COPY src/Firmhouse.Client src/Firmhouse.Client
COPY src/Firmhouse.SscLogin src/Firmhouse.SscLogin
RUN dotnet publish src/Firmhouse.SscLogin --arch $TARGETARCH --no-restore --output /app

# No shell, no package manager, not root. The published application includes the runtime.
FROM mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled
# A label cannot be read from a file, so the build passes the one version and the commit (.github/workflows/ci.yml does):
# docker build --build-arg VERSION="$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)" --build-arg REVISION="$(git rev-parse HEAD)" .
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Firmhouse SSC Login" \
      org.opencontainers.image.description="Takes a shop's customer into the Firmhouse Self Service Center without another login." \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled"
WORKDIR /app
COPY --from=build /app .

# Nothing is written: the root file system may be read-only. The runtime's diagnostics would need a socket in /tmp.
ENV ASPNETCORE_HTTP_PORTS=8080 \
    DOTNET_EnableDiagnostics=0
EXPOSE 8080
USER $APP_UID
HEALTHCHECK --interval=30s --timeout=6s --start-period=5s --retries=3 CMD ["/app/Firmhouse.SscLogin", "healthcheck"]
ENTRYPOINT ["/app/Firmhouse.SscLogin"]
