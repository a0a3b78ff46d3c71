module mayfly.test/before-external-account

go 1.26.0

replace mayfly.test/living => ../living

require (
	golang.org/x/oauth2 v0.0.0-20201208152858-08078c50e5b5
	mayfly.test/living v0.0.0-00010101000000-000000000000
)

require (
	cloud.google.com/go v0.65.0 // indirect
	github.com/golang/protobuf v1.4.2 // indirect
	golang.org/x/net v0.0.0-20200822124328-c89045814202 // indirect
	google.golang.org/appengine v1.6.6 // indirect
	google.golang.org/protobuf v1.25.0 // indirect
)
