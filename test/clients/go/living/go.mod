module mayfly.test/living

go 1.21
